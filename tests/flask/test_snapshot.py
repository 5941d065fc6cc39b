"""An application that has a signed copy of the list and no store."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from cookie_sessions import clock
from cookie_sessions.errors import UsageError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.revocation.snapshot.publisher import publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, shop
from tests.flask.outage import check_503
from tests.flask.world import events_of, names_of

INDEX_KEY = "an index key of these tests, long enough"
TTL = 60


class Pair:
    """An application with a store, and a reader of what is published from it."""

    def __init__(self, folder: Path) -> None:
        import json

        private, public = new_signing_key()
        self._key = SigningKey(json.loads(private))
        self._folder = folder
        self.writer = shop(COOKIE_SESSIONS_INDEX_KEY=INDEX_KEY)
        self.reader = shop(
            COOKIE_SESSIONS_REVOCATIONS=f"snapshot:file:{folder}/revocations.jwt",
            COOKIE_SESSIONS_SNAPSHOT_KEYS=public,
            COOKIE_SESSIONS_INDEX_KEY=INDEX_KEY,
            COOKIE_SESSIONS_UNSAFE_LOGOUT_KEEPS_COPIES=True,
        )

    def publish(self) -> None:
        revocations = CookieSessions.revocations(self.writer)
        written = revocations._writable()
        publish(
            written.listed(now=clock.now()),
            self._folder,
            key=self._key,
            audience="cookie_sessions",
            index_check=revocations.index().check,
            sequence=written.next_sequence(),
            now=clock.now(),
            ttl=TTL,
        )


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Pair:
    return Pair(tmp_path)


def signed_in(app: Flask, user: str = "ann") -> Browser:
    browser = Browser(app)
    browser.get(f"/sign-in/{user}")
    return browser


@pytest.mark.parametrize("what", ["one", "user", "all", "key"])
def test_what_ends_in_the_store_ends_at_the_reader_once_it_is_published(
    pair: Pair, clock: Clock, what: str
) -> None:
    from cookie_sessions.flask.state import AppState

    owner = signed_in(pair.writer)
    copy = owner.copied(pair.reader)
    pair.publish()
    assert copy.get() == "ann"
    revocations = CookieSessions.revocations(pair.writer)
    if what == "one":
        owner.get("/destroy")
    elif what == "user":
        CookieSessions.revoke_user(pair.writer, "ann")
    elif what == "all":
        revocations.revoke_all()
    else:
        revocations.revoke_key(AppState.of(pair.writer).ring().primary.kid.hex())
    pair.publish()
    clock.forward(2 * 3600)
    pair.publish()
    assert copy.get() == "nobody"


def test_a_reader_ends_nothing_and_says_so(pair: Pair, clock: Clock) -> None:
    pair.publish()
    owner = signed_in(pair.reader)
    thief = owner.copied(pair.reader)
    told = events_of(pair.reader)
    owner.get("/destroy")
    assert owner.get() == "nobody"
    assert thief.get() == "ann"
    assert "not_revoked" in names_of(told)
    with pytest.raises(UsageError, match="can only be read"):
        CookieSessions.revoke_user(pair.reader, "ann")


def test_without_a_valid_snapshot_the_visitor_gets_a_503(pair: Pair, clock: Clock) -> None:
    pair.publish()
    owner = signed_in(pair.reader)
    clock.forward(2 * 3600)
    check_503(owner.answer())
    # There is no store whose faults could stop a start.
    CookieSessions.revocations(pair.reader).start()
    pair.publish()
    clock.forward(5)
    assert owner.get() == "ann"


@pytest.mark.parametrize("way", ["/pop", "/clear", "/sign-in/bob", "/supersede", "/destroy"])
def test_whoever_leaves_at_a_reader_leaves_there_alone_without_an_error(
    way: str, pair: Pair, clock: Clock
) -> None:
    pair.publish()
    owner = Browser(pair.reader)
    owner.get("/sign-in/ann")
    copy = owner.copied(pair.reader)
    happened = events_of(pair.reader)
    assert owner.answer(way).status_code == 200
    assert "not_revoked" in names_of(happened)
    assert copy.get() == "ann"


def test_a_reader_has_the_browser_drop_a_cookie_that_was_ended(pair: Pair, clock: Clock) -> None:
    owner = Browser(pair.writer)
    owner.get("/sign-in/ann")
    thief = owner.copied(pair.reader)
    owner.get("/destroy")
    pair.publish()
    assert thief.get() == "nobody"
    assert thief.cookie is None
