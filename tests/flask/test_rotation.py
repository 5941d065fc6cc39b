"""Keys take turns under a running application: who is sealed anew, when, and what that changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions import sealer
from cookie_sessions.claims import MAX_FORMER_KIDS
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.content import Content
from cookie_sessions.envelope import peek
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import KeyRing, KeySet, Mark, change, dump_jwk_set
from cookie_sessions.manager import PURPOSE
from cookie_sessions.sealer import Place
from tests.flask.conftest import Clock
from tests.flask.world import events_of, get, names_of, ours, route, sealed, set_cookies

LIFETIME = 10_000
HOUR = 3600


class Rotation:
    """A ring file that is rotated, under applications that read it.

    Attributes:
        keys: what the file holds.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        path.touch(mode=0o600)
        self.keys = change.begin(now=self.now, longest_session=LIFETIME)
        self.publish(self.keys)

    @property
    def now(self) -> int:
        return int(self._clock.time)

    def publish(self, keys: KeySet) -> None:
        """Put other keys into the file."""
        self.keys = keys
        self._path.write_text(dump_jwk_set(keys))

    def add(self, **options: Any) -> None:
        """Add a key, by default one that seals in an hour."""
        self.publish(change.add(self.keys, now=self.now, **options))

    def take_over(self) -> None:
        """Add a key and wait until it seals, and every process knows it."""
        self.add()
        self._clock.forward(HOUR)

    def app(self, **config: Any) -> Flask:
        """An instance of the application."""
        app = ours(
            COOKIE_SESSIONS_KEYS=f"file:{self._path}",
            PERMANENT_SESSION_LIFETIME=LIFETIME,
            SESSION_REFRESH_EACH_REQUEST=False,
            **config,
        )
        route(app, lambda: session.update(a=[1]), at="/write")
        route(app, lambda: session.update(a=[1], _permanent=True), at="/keep")
        route(app, lambda: session.get("a"), at="/read")
        route(app, lambda: "untouched", at="/other")
        return app


@pytest.fixture
def rotation(tmp_path: Path, clock: Clock) -> Rotation:
    return Rotation(tmp_path / "keys.json", clock)


def kid_of(text: str) -> bytes:
    head = peek(text)
    assert head is not None
    return head.kid


def content(app: Flask, text: str) -> Content:
    return AppState.of(app).manager.open_text(text, name="session")


@pytest.mark.parametrize("begin", ["/write", "/keep"])
def test_a_session_is_sealed_by_the_new_key_when_it_is_next_written(
    rotation: Rotation, begin: str
) -> None:
    app = rotation.app()
    old = sealed(get(app, begin))
    rotation.take_over()
    first, second = (entry.kid for entry in rotation.keys.entries)
    assert not set_cookies(get(app, "/read", cookie=f"session={old}"))
    new = sealed(get(app, "/write", cookie=f"session={old}"))
    assert kid_of(new) == second
    assert content(app, new).claims.former_kids == (first,)
    assert content(app, new).claims.sid == content(app, old).claims.sid


def test_a_refresh_is_sealed_by_the_new_key_too(rotation: Rotation) -> None:
    app = rotation.app()
    old = sealed(get(app, "/keep"))
    rotation.take_over()
    app.config["SESSION_REFRESH_EACH_REQUEST"] = True
    new = sealed(get(app, "/other", cookie=f"session={old}"))
    assert kid_of(new) == rotation.keys.entries[1].kid
    assert content(app, new).claims.former_kids == (rotation.keys.entries[0].kid,)


def end_early(rotation: Rotation) -> None:
    """Have the first key retire before the sessions that it sealed end."""
    rotation.take_over()
    end = rotation.now + 500
    rotation.publish(change.retire(rotation.keys, rotation.keys.entries[0].kid, now=end))


def test_a_session_whose_key_is_about_to_retire_is_sealed_anew_by_a_mere_read(
    rotation: Rotation, clock: Clock
) -> None:
    app = rotation.app()
    old = sealed(get(app, "/write"))
    end_early(rotation)
    clock.forward(300)
    assert not set_cookies(get(app, "/other", cookie=f"session={old}"))
    response = get(app, "/read", cookie=f"session={old}")
    new = sealed(response)
    assert response.text == "[1]"
    before, after = content(app, old), content(app, new)
    assert kid_of(new) == rotation.keys.entries[1].kid
    assert after.claims == before.claims._replace(former_kids=(kid_of(old),))
    assert (after.wires, after.head.flags) == (before.wires, before.head.flags)
    assert not set_cookies(get(app, "/read", cookie=f"session={new}"))
    clock.forward(500)
    assert get(app, "/read", cookie=f"session={old}").text == "None"
    assert get(app, "/read", cookie=f"session={new}").text == "[1]"


@pytest.mark.parametrize("lifetime_since", [LIFETIME, 10 * LIFETIME])
def test_sealing_anew_never_moves_the_end(
    rotation: Rotation, clock: Clock, lifetime_since: int
) -> None:
    app = rotation.app()
    old = sealed(get(app, "/write"))
    end = clock.time + LIFETIME
    app.config["PERMANENT_SESSION_LIFETIME"] = lifetime_since
    end_early(rotation)
    clock.forward(300)
    new = sealed(get(app, "/read", cookie=f"session={old}"))
    clock.time = end
    assert get(app, "/read", cookie=f"session={new}").text == "[1]"
    clock.forward(1)
    assert get(app, "/read", cookie=f"session={new}").text == "None"


def test_sealing_anew_never_moves_an_end_that_the_settings_have_shortened(
    rotation: Rotation, clock: Clock
) -> None:
    app = rotation.app()
    old = sealed(get(app, "/write"))
    end = clock.time + HOUR + 1000
    app.config["PERMANENT_SESSION_LIFETIME"] = HOUR + 1000
    end_early(rotation)
    clock.forward(300)
    new = sealed(get(app, "/read", cookie=f"session={old}"))
    clock.time = end
    assert get(app, "/read", cookie=f"session={new}").text == "[1]"
    clock.forward(1)
    assert get(app, "/read", cookie=f"session={new}").text == "None"


def test_a_key_that_seals_is_no_reason_to_seal_anew_however_near_its_end(
    rotation: Rotation, clock: Clock
) -> None:
    app = rotation.app()
    rotation.publish(change.retire(rotation.keys, rotation.keys.entries[0].kid, now=rotation.now))
    old = sealed(get(app, "/write"))
    for seconds in (0, 100, 1000):
        clock.forward(seconds)
        assert not set_cookies(get(app, "/read", cookie=f"session={old}"))


def forge(rotation: Rotation, app: Flask, cookie: str) -> str:
    """What somebody who has the first key makes of a session of their own: another's."""
    key = rotation.keys.entries[0].key
    assert key is not None
    claims = content(app, cookie).claims._replace(sid=b"\x01" * 16)
    codec = Codec()
    wires: dict[object, Wire] = {"a": codec.to_wire("a", ["admin"], codec.pack(["admin"]))}
    return sealer.seal(
        codec.dump_payload(claims.to_octets(), wires),
        ring=KeyRing(key),
        place=Place(PURPOSE, "session", ""),
        refreshable=False,
        now=rotation.now,
    )


@pytest.mark.parametrize("rotations", [1, 2, MAX_FORMER_KIDS])
def test_a_session_forged_under_a_leaked_key_and_rotated_since_is_refused_once_it_is_revoked(
    rotation: Rotation, rotations: int
) -> None:
    app = rotation.app()
    told = events_of(app)
    honest = sealed(get(app, "/write"))
    forged = forge(rotation, app, honest)
    rotation.take_over()
    newcomer = sealed(get(app, "/write"))
    for number in range(rotations):
        if number:
            rotation.take_over()
        forged = sealed(get(app, "/write", cookie=f"session={forged}"))
        newcomer = sealed(get(app, "/write", cookie=f"session={newcomer}"))
    leaked = rotation.keys.entries[0].kid
    assert leaked in content(app, forged).claims.former_kids
    assert kid_of(forged) == rotation.keys.entries[-1].kid
    rotation.publish(change.destroy(change.revoke(rotation.keys, leaked), leaked))
    AppState.of(app).provider.reload()  # type: ignore[union-attr]
    told.clear()
    response = get(app, "/read", cookie=f"session={forged}")
    assert response.text == "None"
    assert names_of(told) == ["keys_loaded", "rejected:key_revoked"]
    assert set_cookies(response)[0].startswith("session=;")
    assert get(app, "/read", cookie=f"session={honest}").text == "None"
    assert get(app, "/read", cookie=f"session={newcomer}").text == "[1]"


def test_a_session_remembers_the_last_eight_of_its_keys(rotation: Rotation) -> None:
    app = rotation.app()
    text = sealed(get(app, "/write"))
    for _ in range(MAX_FORMER_KIDS + 1):
        rotation.take_over()
        text = sealed(get(app, "/write", cookie=f"session={text}"))
    kids = [entry.kid for entry in rotation.keys.entries]
    assert content(app, text).claims.former_kids == tuple(kids[1:-1])
    assert len(kids[1:-1]) == 8


def test_a_key_that_came_at_short_notice_is_found_at_once(rotation: Rotation, clock: Clock) -> None:
    one, two = rotation.app(), rotation.app()
    assert get(two, "/read").text == "None"
    clock.forward(10)
    rotation.add(seals_from=rotation.now)
    get(one, "/write")
    AppState.of(one).provider.reload()  # type: ignore[union-attr]
    text = sealed(get(one, "/write"))
    assert kid_of(text) == rotation.keys.entries[1].kid
    assert get(two, "/read", cookie=f"session={text}").text == "[1]"


def test_what_an_instance_that_is_ahead_seals_opens_at_one_that_waits_for_the_key_yet(
    rotation: Rotation, clock: Clock
) -> None:
    app = rotation.app()
    rotation.add()
    clock.forward(HOUR - 240)
    assert get(app, "/read").text == "None"
    clock.forward(240)
    text = sealed(get(app, "/write"))
    clock.forward(-240)
    assert kid_of(text) == rotation.keys.entries[1].kid
    assert get(app, "/read", cookie=f"session={text}").text == "[1]"


@pytest.mark.parametrize("use", ["/read", "/other"])
def test_a_cookie_from_far_ahead_stays_in_the_browser_and_opens_later(
    rotation: Rotation, clock: Clock, use: str
) -> None:
    app = rotation.app()
    told = events_of(app)
    clock.forward(600)
    text = sealed(get(app, "/write"))
    clock.forward(-600)
    told.clear()
    assert not set_cookies(get(app, use, cookie=f"session={text}"))
    assert get(app, "/read", cookie=f"session={text}").text == "None"
    assert set(names_of(told)) == {"rejected:not_yet_valid"}
    clock.forward(300)
    assert get(app, "/read", cookie=f"session={text}").text == "[1]"


def test_where_no_key_may_seal_sessions_are_read_and_a_write_is_a_503(rotation: Rotation) -> None:
    app = rotation.app(PROPAGATE_EXCEPTIONS=False)
    text = sealed(get(app, "/write"))
    (first,) = rotation.keys.entries
    rotation.take_over()
    open_only = dataclasses.replace(first, mark=Mark.OPEN_ONLY, opens_until=rotation.now + 100)
    keys = change.revoke(rotation.keys.with_entry(open_only), rotation.keys.entries[1].kid)
    get(app, "/other")
    rotation.publish(keys)
    told = events_of(app)
    AppState.of(app).provider.reload()  # type: ignore[union-attr]
    assert get(app, "/read", cookie=f"session={text}").text == "[1]"
    response = get(app, "/write", cookie=f"session={text}")
    assert (response.status_code, set_cookies(response)) == (503, [])
    assert names_of(told) == ["keys_loaded", "unavailable"]
