"""Keys that can't be used: at the start an error that helps, later the last good keys."""

from __future__ import annotations

import json
import logging
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import Mark, change, dump_jwk_set, new_jwk_set, parse_jwk_set
from tests.flask.conftest import Clock
from tests.flask.outage import check_503, unreachable
from tests.flask.world import events_of, get, names_of, ours, route, sealed
from tests.keys.secrecy import recorded, shown

Entry = dict[str, Any]
EXPIRED = 1_700_000_000
DAMAGED = ["key_damaged", "keys_loaded"]
REFUSED = ["keys_unreadable"]


class Bad(NamedTuple):
    """One way in which a key file can be wrong.

    Attributes:
        spoil: what the file holds instead of one sound entry; None: it is gone.
        said: what the error at the start says behind the name of the file.
        told: what a running application tells of.
    """

    spoil: Callable[[Entry], str | None]
    said: str
    told: list[str]


def ring_of(*entries: Entry) -> str:
    return json.dumps({"keys": entries})


def another(**members: Any) -> Entry:
    """A fresh key that only opens."""
    (entry,) = json.loads(new_jwk_set())["keys"]
    return {**entry, "kid": "second", "state": "open-only", **members}


def cut(entry: Entry) -> Entry:
    return {**entry, "k": entry["k"][:-3]}


def twice(entry: Entry) -> Entry:
    return {**entry, "kid": "second"}


def primary(entry: Entry) -> Entry:
    return {**entry, "state": "primary"}


BAD = {
    "an empty ring": Bad(lambda good: ring_of(), "has no key.*Add one", REFUSED),
    "two primaries": Bad(
        lambda good: ring_of(good, primary(another())),
        "'first' and 'second' are both primary.*Give one of them",
        REFUSED,
    ),
    "a key twice": Bad(
        lambda good: ring_of(good, twice(good)),
        "'first' and 'second', have the key id.*Remove the one that is wrong",
        REFUSED,
    ),
    "a label twice": Bad(
        lambda good: ring_of(good, another(kid="first")),
        "entry 1 \\('first'\\) has the same label as entry 0.*Give each key",
        DAMAGED,
    ),
    "the id of another key as its label": Bad(
        lambda good: ring_of(good, another(kid="01234567")),
        "entry 1 \\('01234567'\\) .*not its own.*Correct it",
        DAMAGED,
    ),
    "the id of another key beside its own": Bad(
        lambda good: ring_of(good, another(key_id="01234567")),
        "entry 1 \\('second'\\) has a \"key_id\".*Remove the member",
        REFUSED,
    ),
    "a key too short": Bad(
        lambda good: ring_of(good, cut(another())),
        "entry 1 \\('second'\\) has 30 octets of key instead of 32. Generate a new key",
        DAMAGED,
    ),
    "the key in use too short, beside a new one": Bad(
        lambda good: ring_of(cut(good), primary(another(nbf=EXPIRED))),
        "entry 0 \\('first'\\) has 30 octets of key instead of 32. Generate a new key",
        DAMAGED,
    ),
    "a key of another type": Bad(
        lambda good: ring_of(good, another(kty="RSA")),
        "entry 1 \\('second'\\) is not of the type \"oct\". Set",
        DAMAGED,
    ),
    "a key that is no text": Bad(
        lambda good: ring_of(good, another(k=5)),
        "entry 1 \\('second'\\) has no \"k\" that is a string. Set",
        DAMAGED,
    ),
    "a date that is none": Bad(
        lambda good: ring_of(good, another(exp="2030-01-01")),
        "entry 1 \\('second'\\) has a \"exp\" that is no date. Write",
        DAMAGED,
    ),
    "a revocation of nobody knows what": Bad(
        lambda good: ring_of(good, {"kty": "oct", "kid": "leaked", "state": "revoked"}),
        "entry 1 \\('leaked'\\) revokes a key.*Write the id",
        REFUSED,
    ),
    "only expired keys": Bad(
        lambda good: ring_of({**good, "exp": EXPIRED}),
        "none of the 1 keys may seal now: 'first' is past its end.*cookie-sessions keys add --now",
        ["keys_overdue", "keys_loaded"],
    ),
    "half a file": Bad(
        lambda good: ring_of(good)[:-20],
        "this is not JSON \\(.*in line 1, column .*It must be",
        REFUSED,
    ),
    "a file that vanished": Bad(lambda good: None, "there is no such file. Create it", REFUSED),
}

each = pytest.mark.parametrize("bad", BAD.values(), ids=BAD)


class KeyFile:
    """A key file that is good at first.

    Attributes:
        path: where it is.
        good: the entry of its one key.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        (entry,) = json.loads(new_jwk_set())["keys"]
        self.good: Entry = {**entry, "kid": "first"}
        self._written = ""
        self.write(ring_of(self.good))

    def write(self, text: str | None) -> None:
        """Put a text into the file, or remove the file."""
        self.path.unlink(missing_ok=True)
        if text is not None:
            self.path.touch(mode=0o600)
            self.path.write_text(text)
            self._written += text

    def app(self, **config: Any) -> Flask:
        """An application with the keys of the file."""
        return app_of(COOKIE_SESSIONS_KEYS=f"file:{self.path}", **config)

    def stands_in(self, text: str) -> bool:
        """Whether a text holds a part of a key."""
        keys = re.findall(r'"k": "([^"]{16,})"', self._written)
        assert keys
        return any(key[start : start + 12] in text for key in keys for start in range(0, 28, 4))


def app_of(**config: Any) -> Flask:
    app = ours(**config)
    route(app, lambda: session.update(a=1), at="/write")
    route(app, lambda: session.get("a"), at="/read")
    return app


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@each
def test_at_the_start_an_error_names_the_file_the_entry_and_the_remedy(
    bad: Bad, key_file: KeyFile, clock: Clock
) -> None:
    key_file.write(bad.spoil(key_file.good))
    app = key_file.app()
    for _ in range(2):
        with pytest.raises(ConfigurationError) as caught:
            get(app, "/read")
        assert re.match(rf"(?s)file:{key_file.path}: .*{bad.said}", str(caught.value))
        assert not key_file.stands_in(shown(caught.value) + recorded(caught.value))
    key_file.write(ring_of(key_file.good))
    assert get(app, "/read").text == "None"


@each
def test_at_the_start_neither_the_page_nor_the_log_shows_a_key(
    bad: Bad, key_file: KeyFile, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    key_file.write(bad.spoil(key_file.good))
    with caplog.at_level(logging.DEBUG):
        response = get(key_file.app(PROPAGATE_EXCEPTIONS=False), "/read")
    assert response.status_code == 500
    assert "ConfigurationError" in caplog.text
    assert not key_file.stands_in(caplog.text + response.text)


@each
def test_later_the_last_good_keys_go_on_and_an_event_tells(
    bad: Bad, key_file: KeyFile, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    app = key_file.app()
    cookie = f"session={sealed(get(app, '/write'))}"
    told = events_of(app)
    key_file.write(bad.spoil(key_file.good))
    clock.forward(300)
    with caplog.at_level(logging.DEBUG):
        assert get(app, "/read", cookie=cookie).text == "1"
        assert names_of(told) == bad.told
        again = f"session={sealed(get(app, '/write'))}"
        assert get(app, "/read", cookie=again).text == "1"
        if bad.told is not BAD["only expired keys"].told:
            fault = str(told[0].details["fault"])
            assert re.match(rf"(?s)file:{key_file.path}: .*{bad.said}", fault)
        # What is written correctly at last is what counts, and nothing stays of what was wrong.
        right = ring_of(key_file.good, another())
        key_file.write(right)
        clock.forward(300)
        assert get(app, "/read", cookie=cookie).text == "1"
    assert names_of(told)[-1] == "keys_loaded"
    provider = AppState.of(app).provider
    assert provider is not None
    assert provider.keys == parse_jwk_set(right, origin="")
    assert not key_file.stands_in(f"{caplog.text} {told} {' '.join(map(str, told))}")


def test_a_source_that_times_out_later_leaves_the_last_good_keys_in_force(clock: Clock) -> None:
    text = new_jwk_set()
    answers: list[Callable[[], str | bytes]] = [lambda: text, unreachable, lambda: text]
    app = app_of(COOKIE_SESSIONS_KEYS=lambda: answers.pop(0)())
    told = events_of(app)
    cookie = f"session={sealed(get(app, '/write'))}"
    for seconds in (300, 30):
        clock.forward(seconds)
        assert get(app, "/read", cookie=cookie).text == "1"
    assert answers == []
    assert names_of(told) == ["keys_loaded", "created", "keys_unreadable"]
    assert "TimeoutError" in str(told[2].details["fault"])


def test_where_every_key_is_revoked_sessions_end_and_none_is_written(
    key_file: KeyFile, clock: Clock
) -> None:
    app = key_file.app(PROPAGATE_EXCEPTIONS=False)
    cookie = f"session={sealed(get(app, '/write'))}"
    told = events_of(app)
    key_file.write(ring_of({**key_file.good, "state": "revoked"}))
    clock.forward(300)
    assert get(app, "/read", cookie=cookie).text == "None"
    check_503(get(app, "/write", cookie=cookie))
    check_503(get(app, "/write"))
    refused = "rejected:key_revoked"
    assert names_of(told) == ["keys_loaded", refused, refused, "unavailable", "unavailable"]
    keys = parse_jwk_set(key_file.path.read_bytes(), origin="")
    keys = change.add(keys, now=int(clock()), seals_from=int(clock()))
    assert [entry.mark for entry in keys.entries] == [Mark.REVOKED, None]
    key_file.write(dump_jwk_set(keys))
    clock.forward(300)
    fresh = f"session={sealed(get(app, '/write', cookie=cookie))}"
    assert get(app, "/read", cookie=fresh).text == "1"
    assert get(app, "/read", cookie=cookie).text == "None"


def test_at_the_start_a_ring_whose_keys_are_all_revoked_is_an_error(key_file: KeyFile) -> None:
    key_file.write(ring_of({**key_file.good, "state": "revoked"}, another()))
    with pytest.raises(
        ConfigurationError, match=r"'first' is revoked, 'second' is open-only\. Add"
    ):
        get(key_file.app(), "/read")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="The system has no SIGHUP.")
def test_attempts_to_start_with_a_bad_ring_do_not_pile_up_in_the_signals_handler(
    key_file: KeyFile,
) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        key_file.write(ring_of())
        app = key_file.app(COOKIE_SESSIONS_RELOAD_ON_SIGHUP=True)
        for _ in range(2):
            with pytest.raises(ConfigurationError):
                get(app, "/read")
        assert signal.getsignal(signal.SIGHUP) is before
        key_file.write(ring_of(key_file.good))
        get(app, "/read")
        assert signal.getsignal(signal.SIGHUP) is not before
    finally:
        signal.signal(signal.SIGHUP, before)
