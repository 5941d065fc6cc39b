"""A ring is read from an environment variable."""

from __future__ import annotations

import os

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import EnvironmentSource, parse_jwk_set
from tests.keys.sources.contract import Place, SourceContract

posix = pytest.mark.skipif(os.name != "posix", reason="Variables are octets only on POSIX.")


class TestAVariable(SourceContract):
    @pytest.fixture
    def place(self, monkeypatch: pytest.MonkeyPatch) -> Place:
        return Place(
            EnvironmentSource("RING_1"),
            lambda text: monkeypatch.setenv("RING_1", text),
            lambda: monkeypatch.delenv("RING_1"),
        )


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RING_1", raising=False)
    if value is not None:
        monkeypatch.setenv("RING_1", value)
    with pytest.raises(ConfigurationError, match=r"^env:RING_1: the variable is not set, or empty"):
        EnvironmentSource("RING_1").read()


@posix
def test_a_variable_that_is_not_utf8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"RING_1", b'{"keys": "\xff"}')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        parse_jwk_set(EnvironmentSource("RING_1").read(), origin="env:RING_1")


def test_a_key_in_the_place_of_the_name_is_not_repeated() -> None:
    for text in ("Ab0_" * 10 + "xyz", "Ab0-" * 10 + "xyz"):
        with pytest.raises(ConfigurationError) as caught:
            EnvironmentSource(text)
        assert text not in str(caught.value)
    assert EnvironmentSource("A" * 43).name == "env:" + "A" * 43
