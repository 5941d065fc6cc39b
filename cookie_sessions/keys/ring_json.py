"""The JSON of a ring, read strictly: bounded, no member twice, no number that is none."""

from __future__ import annotations

import math
from typing import Final, NoReturn

from cookie_sessions.errors import ConfigurationError

MAX_RING_OCTETS: Final = 1_048_576
"""Room for some ten thousand keys, and little enough to read by mistake."""


class _Unwanted(ValueError):
    """JSON that the decoder would take and a key ring must not be."""


def decoded(text: str | bytes, *, origin: str) -> object:
    """Decode a ring's JSON; what two readers could take differently is refused.

    Args:
        text: JSON in UTF-8, at most ``MAX_RING_OCTETS``.
        origin: where it came from, for the errors.

    Raises:
        ConfigurationError: it is no such JSON; the text is not in the error, nor in what led to it.
    """
    import json

    # The errors of the decoders hold the whole text. They are left behind before ours is raised, so
    # that they are not even its context.
    fault = "it is not UTF-8"
    octets = text
    if isinstance(octets, str):
        try:
            octets = octets.encode()
        except UnicodeEncodeError:
            octets = b"\xff"
    if len(octets) > MAX_RING_OCTETS:
        raise ConfigurationError(
            f"{origin}: this is more than {MAX_RING_OCTETS} octets, which no key ring needs. "
            f"Name the right file, or remove old keys."
        )
    try:
        return json.loads(
            octets.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        pass
    except json.JSONDecodeError as error:
        fault = f"{error.msg}, in line {error.lineno}, column {error.colno}"
    except RecursionError:
        fault = "it is nested too deeply"
    except _Unwanted as error:
        fault = str(error)
    except ValueError:
        fault = "a number in it is too long"
    raise ConfigurationError(
        f"{origin}: this is not JSON ({fault}). It must be a JWK Set (RFC 7517)."
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Unwanted("an object in it has two members of one name")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _Unwanted("NaN and Infinity are no JSON")


def _finite(text: str) -> float:
    # It would be infinite, and could not be written back.
    if math.isinf(number := float(text)):
        raise _Unwanted("a number in it is too large")
    return number
