"""A ring comes from a function of the application."""

from __future__ import annotations

import functools
import threading
import time
import traceback
from typing import Any

import pytest
from flask import Flask, current_app

from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.keys import FunctionSource, new_jwk_set
from cookie_sessions.keys.sources import deadline
from tests.keys.secrecy import recorded, reveals, shown
from tests.keys.sources.contract import Place, SourceContract, material

SECRET = new_jwk_set()


class TestAFunction(SourceContract):
    @pytest.fixture
    def place(self) -> Place:
        held: list[str] = [""]

        def give() -> str:
            return held[0]

        def write(text: str) -> None:
            held[0] = text

        return Place(FunctionSource(give), write, lambda: write(""))


class Bucket:
    """An object that is called."""

    def __call__(self) -> bytes:
        return SECRET.encode()

    def method(self) -> str:
        return SECRET


def fetch(where: str = "") -> str:
    return SECRET


def test_functions_methods_partials_and_objects_are_called_and_named_without_their_content() -> (
    None
):
    names = {
        FunctionSource(fetch): f"function:{__name__}.fetch",
        FunctionSource(Bucket().method): f"function:{__name__}.Bucket.method",
        FunctionSource(Bucket()): f"function:{__name__}.Bucket",
        FunctionSource(functools.partial(fetch, SECRET)): "function:functools.partial",
    }
    for source, name in names.items():
        assert source.read() == SECRET.encode()
        assert source.name == name
        assert repr(source) == f"<FunctionSource {name}>"


@pytest.mark.parametrize(
    ("error", "becomes", "match"),
    [
        (ConnectionResetError(SECRET), Unavailable, "ConnectionResetError"),
        (TimeoutError(SECRET), Unavailable, "TimeoutError"),
        (Unavailable("The bucket is busy."), Unavailable, "The bucket is busy"),
        (ConfigurationError("Set the bucket."), ConfigurationError, "Set the bucket"),
        (KeyError(SECRET), ConfigurationError, "it failed with KeyError. Call it by hand"),
    ],
)
def test_an_error_of_the_function_becomes_one_of_ours_and_is_not_repeated(
    error: Exception, becomes: type[CookieSessionsError], match: str
) -> None:
    def fail() -> str:
        try:
            raise LookupError(SECRET)
        except LookupError:
            raise error  # noqa: B904 - a careless function is what is tested.

    with pytest.raises(becomes, match=match) as caught:
        FunctionSource(fail).read()
    assert not reveals(shown(caught.value), material(SECRET))
    assert not reveals(recorded(caught.value), material(SECRET))
    assert caught.value.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert "fail" not in {frame.f_code.co_name for frame in frames}


@pytest.mark.parametrize("given", [None, 1, {"keys": []}, bytearray(b"x"), "", b""])
def test_what_is_no_text_is_told_by_its_type(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="Return a JWK Set"):
        FunctionSource(lambda: given).read()


def test_a_function_that_never_answers_is_given_up_after_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.2)
    forever = threading.Event()
    source = FunctionSource(lambda: str(forever.wait(60)))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="no answer"):
        source.read()
    assert time.monotonic() - begun < 30
    forever.set()


def test_a_function_sees_the_context_of_whoever_needs_the_ring() -> None:
    app = Flask(__name__)
    app.config["RING"] = "the ring"
    source = FunctionSource(lambda: str(current_app.config["RING"]))
    with app.app_context():
        assert source.read() == b"the ring"
