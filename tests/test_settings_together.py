"""Settings that can't stand beside each other, and values that only some of them take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.settings import PREFIX, Settings

SNAPSHOT = {
    "REVOCATIONS": "snapshot:file:/list",
    "INDEX_KEY": "x" * 32,
    "SNAPSHOT_KEYS": "file:/keys",
    "UNSAFE_LOGOUT_KEEPS_COPIES": True,
}


def settings(**values: Any) -> Settings:
    return Settings.from_mapping({PREFIX + name: value for name, value in values.items()})


def refusal(**values: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings(**values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"HOT": ["cart"], "COLD": ["cart"], "OVERFLOW": "memory:"}, "both name 'cart'"),
        ({"COLD": ["cart"]}, "names keys for the overflow store, and there is none"),
        ({"COLD": ["_user_id"], "OVERFLOW": "memory:"}, "says whose session it is"),
        ({"REGISTER": True}, "REGISTER needs a store, and there is none"),
        (SNAPSHOT | {"REGISTER": True}, "needs a store that can be written"),
        (SNAPSHOT | {"INDEX_KEY": None}, "INDEX_KEY is not set"),
        (SNAPSHOT | {"SNAPSHOT_KEYS": None}, "SNAPSHOT_KEYS is not set"),
        ({"WRITE": "flask", "REMEMBER_TIMEOUT": 9}, "can't say that a session is remembered"),
        ({"REVOCATIONS": "memcached://127.0.0.1"}, "what was signed out would live again"),
    ],
)
def test_what_contradicts_itself_is_refused_with_what_to_change(
    values: dict[str, Any], told: str
) -> None:
    assert told in refusal(**values)


def test_each_of_these_is_taken_without_what_it_contradicts() -> None:
    assert settings(HOT=["cart"], COLD=["recent"], OVERFLOW="memory:").cold == ("recent",)
    assert settings(REGISTER=True, REVOCATIONS="memory:").register
    assert settings(**SNAPSHOT).revocations_are_a_snapshot


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("OVERFLOW", value) for value in ("", 7, b"memory:")],
        *[("REVOCATIONS", value) for value in ("", 7, b"memory:")],
        *[("REVOCATIONS_STALENESS", value) for value in (-1, "2", True, 86_401, float("nan"))],
        *[("REVOCATIONS_TIMEOUT", value) for value in (0, "2", True, float("inf"))],
        *[("REGENERATE_GRACE", value) for value in (-1, "2", True)],
        *[("INDEX_KEY", value) for value in ("short", 7, b"x" * 32)],
        *[("OVERFLOW_OCTETS", value) for value in (0, -1, 1.5, True, "9")],
        *[("PROBE", value) for value in (7, b"token", ["token"])],
        *[("PROFILE", value) for value in (7, [7], ["nginx", None])],
        *[("KEYS_RELOAD", value) for value in (None, 0, "5")],
    ],
)
def test_a_wrong_value_is_refused_with_what_to_give(name: str, value: object) -> None:
    text = refusal(**{name: value})
    assert text.startswith(f"The setting {PREFIX}{name} ")
    assert "Give " in text


@pytest.mark.parametrize(
    "name", [name for name, default in Settings._field_defaults.items() if default is None]
)
def test_none_is_the_same_as_leaving_a_setting_out(name: str) -> None:
    assert settings(**{name.upper(): None}) == Settings()


def test_a_length_of_time_may_be_a_timedelta() -> None:
    assert settings(REVOCATIONS_STALENESS=timedelta(seconds=1.5)).revocations_staleness == 1.5
    assert settings(REVOCATIONS_TIMEOUT=timedelta(seconds=2)).revocations_timeout == 2
