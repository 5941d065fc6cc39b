"""Our own settings, and what their values may be."""

from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.settings.settings import PREFIX, SNAPSHOT, Settings

if TYPE_CHECKING:
    from cookie_sessions.settings.prefix import COOKIE_PREFIXES
    from cookie_sessions.settings.times import timeouts_in
    from cookie_sessions.settings.together import check_csrf

__all__ = ["COOKIE_PREFIXES", "PREFIX", "SNAPSHOT", "Settings", "check_csrf", "timeouts_in"]

_LATER: Final = {
    "COOKIE_PREFIXES": "prefix",
    "timeouts_in": "times",
    "check_csrf": "together",
}


def __getattr__(name: str) -> Any:
    # What nothing was set for is not read, and what reads it is not loaded.
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
