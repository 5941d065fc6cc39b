"""What an error gives away, looked for everywhere that a report of it would look."""

from __future__ import annotations

import base64
import traceback


def shown(error: BaseException) -> str:
    """Everything that a report of this error could print, of its causes and contexts as well."""
    parts = [*traceback.format_exception(error)]
    seen: set[int] = set()
    stack: list[BaseException | None] = [error]
    while stack:
        one = stack.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        parts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        parts += [repr(getattr(one, name, "")) for name in ("doc", "object")]
        stack += [one.__cause__, one.__context__]
    return "\n".join(parts)


def recorded(error: BaseException) -> str:
    """The locals of the package's frames that a reporter of this error would record with it."""
    rooms = [
        repr(frame.f_locals)
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith("cookie_sessions")
    ]
    assert rooms, "the error does not come from the package"
    return "\n".join(rooms)


def forms(material: bytes) -> list[str]:
    """The ways in which key material could be written."""
    return [
        repr(material)[2:-1],
        material.hex(),
        base64.b64encode(material).decode().rstrip("="),
        base64.urlsafe_b64encode(material).decode().rstrip("="),
        str(list(material)),
    ]


def reveals(text: str, material: bytes) -> bool:
    """Whether a text holds the material in any of its forms."""
    return any(form in text for form in forms(material))
