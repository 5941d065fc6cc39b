"""How a store's failure is told."""

from __future__ import annotations

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores.outage import outages

from .calls import SECRET, assert_no_secret

_guard = outages(KeyError, OSError, tell=lambda error: f"failed with {type(error).__name__}")


class Store:
    """Fails as it is told to."""

    name = "a store"

    @_guard
    def put(self, value: bytes, *, failure: Exception | None) -> bytes:
        """Keep ``value`` in a frame, and its text in the error."""
        kept = [value]
        if failure is not None:
            raise failure from LookupError(value)
        return kept[0]


def test_what_works_is_returned() -> None:
    assert Store().put(SECRET, failure=None) == SECRET


@pytest.mark.parametrize("failure", [KeyError(SECRET), TimeoutError(SECRET)])
def test_what_a_client_raises_is_unavailable_without_its_text(failure: Exception) -> None:
    with pytest.raises(Unavailable) as error:
        Store().put(SECRET, failure=failure)
    assert str(error.value) == f"The store a store failed with {type(failure).__name__}."
    assert error.value.__cause__ is None
    assert_no_secret(error.value)
    assert [frame.name for frame in error.traceback][1:] == ["guarded"]


@pytest.mark.parametrize("kind", [ValueError, ConfigurationError, Unavailable])
def test_what_is_said_in_words_goes_on_without_its_frames(kind: type[Exception]) -> None:
    failure = kind("in words")
    with pytest.raises(kind, match=r"^in words$") as error:
        Store().put(SECRET, failure=failure)
    assert error.value is failure
    assert_no_secret(error.value)
    assert [frame.name for frame in error.traceback][1:] == ["guarded"]


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Store().put(b"", failure=ZeroDivisionError())
