"""Clocks that differ by up to 4 minutes: no old session passes, and no new sign-in is refused.

Several processes of one application, each with a clock of its own, share a list. Whatever they do
and in whatever order: who was signed out is refused by all of them to the session's end, and who
signs in afterwards is refused by none.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask, session
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cookie_sessions import clock
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.login import _note_sign_in
from cookie_sessions.flask.session import FlaskSession
from cookie_sessions.flask.state import AppState
from cookie_sessions.revocation import configured
from cookie_sessions.stores.memory import MemoryStore
from cookie_sessions.stores.sqlite import SQLiteStore
from cookie_sessions.stores.store import ExpiringStore
from tests.flask.world import get, ours, route, sealed, set_cookies
from tests.plain import START

PROCESSES = 3
APART = 240
LIFETIME = 7200
GRACE = 10
USERS = ["ann", "bob"]
NOBODY = "nobody"


def present() -> FlaskSession:
    """The session behind Flask's proxy."""
    held: FlaskSession = session._get_current_object()  # type: ignore[attr-defined]
    return held


def signed_in(user: str) -> str:
    session.clear()
    # The one is known as Flask-Login has it, the other by the attribute.
    if user == "ann":
        session["_user_id"] = user
        _note_sign_in(None)
    else:
        present().subject = user
    session["who"] = user
    return "signed in"


def written() -> str:
    session["visits"] = session.get("visits", 0) + 1
    session.setdefault("who", NOBODY)
    return "written"


def application() -> Flask:
    """One process: a view for everything that may become of a session."""
    app = ours(
        COOKIE_SESSIONS_REVOCATIONS="memory:",
        COOKIE_SESSIONS_REGENERATE_GRACE=GRACE,
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )
    for user in USERS:
        route(app, partial(signed_in, user), at=f"/sign-in/{user}")
    route(app, written, at="/write")
    for name in ("destroy", "regenerate", "supersede", "revoke_others"):
        route(app, lambda name=name: getattr(present(), name)(), at=f"/{name}")  # type: ignore[misc]
    return app


class Town:
    """The processes, the true time, and what their clocks make of it.

    Args:
        patch: puts the clock and the shared store in the place of the real ones.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._apps = [application() for _ in range(PROCESSES)]
        self._here = 0
        patch.setattr(clock, "now", lambda: self.time + self.ahead[self._here])

    def start(self, ahead: list[int], store: ExpiringStore, *, staleness: int) -> None:
        """Start the processes anew.

        Args:
            ahead: by how many seconds each process's clock is ahead of the true time.
            store: what the processes share.
            staleness: for how many seconds they go by what they read.
        """
        self.time = START
        self.ahead = ahead
        self._patch.setattr(configured, "store_from_url", lambda *_, **__: store)
        for number, app in enumerate(self._apps):
            self._here = number
            app.extensions.clear()
            app.config["COOKIE_SESSIONS_REVOCATIONS_STALENESS"] = staleness
            CookieSessions.check(app)

    def process(self, number: int) -> Flask:
        """The process that acts from now on, and whose clock it is."""
        self._here = number
        return self._apps[number]

    def visit(self, number: int, path: str, text: str | None = None) -> TestResponse:
        """One request at a process, with the text of a session cookie."""
        app = self.process(number)
        return get(app, path, cookie=None if text is None else f"session={text}")

    def whose(self, number: int, text: str) -> tuple[str, str] | None:
        """Whom a process takes the bearer of a cookie for, and the session's id; None: refused."""
        manager = AppState.of(self.process(number)).manager
        arrival = manager.arrival(f"session={text}", name="session")
        held = manager.load(arrival, session_class=FlaskSession)
        return None if held.new else (str(held["who"]), held.sid)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    return Town(monkeypatch)


class Copy:
    """A cookie that somebody has, and may have copied.

    Attributes:
        text: its text.
        sid: the id of its session.
        user: whom it was sealed for.
        ends: the last second in which it counts, by the clock of who looks.
        ended: whether it must be refused.
        fades: the true time from which it must be refused for certain; before, it may be.
    """

    def __init__(self, text: str, sid: str, user: str, ends: int) -> None:
        self.text = text
        self.sid = sid
        self.user = user
        self.ends = ends
        self.ended = False
        self.fades: float | None = None


class Step(NamedTuple):
    """One thing that a process does.

    Attributes:
        what: the name of a method of :class:`Story`.
        number: the process.
        pick: which of the cookies so far; 0 is the latest.
        user: who signs in or is signed out.
    """

    what: str
    number: int
    pick: int
    user: str


class Story:
    """What processes do to sessions, and a ledger of which must pass.

    Args:
        town: the processes; just started.
        staleness: for how many seconds they go by what they read.
    """

    def __init__(self, town: Town, *, staleness: int) -> None:
        self.town = town
        self.staleness = staleness
        self.copies: list[Copy] = []
        self.successors: dict[str, str] = {}

    def sign_in(self, step: Step) -> None:
        self.keep(step.number, self.town.visit(step.number, f"/sign-in/{step.user}"), step.user)

    def sign_in_again(self, step: Step) -> None:
        """With a cookie that lives, or that was ended."""
        number, user, before = step.number, step.user, self.picked(step)
        if before.fades is not None and not before.ended:
            return
        lives = self.passes(number, before)
        old = self.of(before.sid)
        new = self.keep(number, self.town.visit(number, f"/sign-in/{user}", before.text), user)
        assert new.sid != before.sid
        if lives and before.user != NOBODY:
            self.end(old)

    def come_as_nobody(self, step: Step) -> None:
        self.keep(step.number, self.town.visit(step.number, "/write"), NOBODY)

    def write(self, step: Step) -> None:
        number, before = step.number, self.picked(step)
        if before.fades is None and self.passes(number, before):
            self.keep(number, self.town.visit(number, "/write", before.text), before.user)

    def regenerate(self, step: Step) -> None:
        number, before = step.number, self.picked(step)
        if before.fades is not None or not self.passes(number, before):
            return
        fades = self.town.time + GRACE + APART
        old = self.of(before.sid)
        new = self.keep(number, self.town.visit(number, f"/{step.what}", before.text), before.user)
        assert new.sid != before.sid
        if before.user == NOBODY:
            return
        self.successors[before.sid] = new.sid
        for copy in old:
            copy.fades = fades
            copy.ended = copy.ended or step.what == "supersede"

    supersede = regenerate

    def sign_out(self, step: Step) -> None:
        number, before = step.number, self.picked(step)
        faded = before.fades is not None and self.town.whose(number, before.text) is None
        if faded or not self.passes(number, before):
            return
        response = self.town.visit(number, "/destroy", before.text)
        assert any(line.startswith("session=;") for line in set_cookies(response))
        if before.user != NOBODY:
            self.end_by_id(before.sid)

    def sign_out_everywhere_else(self, step: Step) -> None:
        number, before = step.number, self.picked(step)
        if before.user == NOBODY or before.fades is not None or not self.passes(number, before):
            return
        old = self.all_of(before.user)
        self.keep(number, self.town.visit(number, "/revoke_others", before.text), before.user)
        self.end(old)

    def revoke_user(self, step: Step) -> None:
        CookieSessions.revoke_user(self.town.process(step.number), step.user)
        self.end(self.all_of(step.user))

    def revoke_all(self, step: Step) -> None:
        CookieSessions.revocations(self.town.process(step.number)).revoke_all()
        self.end(self.copies)

    def revoke_one(self, step: Step) -> None:
        sid = self.picked(step).sid
        CookieSessions.revocations(self.town.process(step.number)).revoke(sid)
        self.end_by_id(sid)

    def wait(self, step: Step) -> None:
        self.town.time += WAITS[step.pick % len(WAITS)]

    def go_on(self, step: Step) -> None:
        """Do a step, let what others have read become stale, and look at every cookie."""
        if self.copies or step.what in FROM_NOTHING:
            getattr(self, step.what)(step)
            self.town.time += self.staleness
            self.check()

    def check(self) -> None:
        """Every process refuses what has ended, and accepts what has not."""
        for copy in self.copies:
            for number in range(PROCESSES):
                found = self.town.whose(number, copy.text)
                if copy.ended:
                    assert found is None, f"an old session of {copy.user} passes at {number}"
                elif copy.fades is None or self.town.time >= copy.fades:
                    expected = (copy.user, copy.sid) if self.passes(number, copy) else None
                    assert found == expected, f"a session of {copy.user} at {number}"

    def picked(self, step: Step) -> Copy:
        return self.copies[-1 - step.pick % len(self.copies)]

    def passes(self, number: int, copy: Copy) -> bool:
        """Whether a process must accept a cookie that is not fading."""
        faded = copy.fades is not None and self.town.time >= copy.fades
        now = int(self.town.time + self.town.ahead[number])
        return not copy.ended and not faded and now <= copy.ends

    def keep(self, number: int, response: TestResponse, user: str) -> Copy:
        """Enter the cookie that a response sets into the ledger."""
        text = sealed(response)
        ends = int(self.town.time + self.town.ahead[number]) + LIFETIME
        found = self.town.whose(number, text)
        assert found is not None, f"{user} is refused by the process that signed them in"
        assert found[0] == user
        self.copies.append(Copy(text, found[1], user, ends))
        return self.copies[-1]

    def of(self, sid: str) -> list[Copy]:
        return [copy for copy in self.copies if copy.sid == sid]

    def all_of(self, user: str) -> list[Copy]:
        return [copy for copy in self.copies if copy.user == user]

    def end(self, copies: list[Copy]) -> None:
        for copy in copies:
            copy.ended = True

    def end_by_id(self, sid: str) -> None:
        """What has taken a session's place ends with it."""
        following: str | None = sid
        while following is not None:
            self.end(self.of(following))
            following = self.successors.get(following)


FROM_NOTHING = ["sign_in", "come_as_nobody", "revoke_user", "revoke_all"]
TO_A_COOKIE = [
    *("sign_in_again", "write", "regenerate", "supersede", "sign_out"),
    *("sign_out_everywhere_else", "revoke_one"),
]
WAITS = [0.3, 1, 11, 61, 239, 299, 301, 541, 601, 1800, 3600]

NUMBERS = st.integers(0, PROCESSES - 1)
STEPS = st.builds(
    Step,
    st.sampled_from([*FROM_NOTHING, *FROM_NOTHING, *TO_A_COOKIE, "sign_in", "wait"]),
    NUMBERS,
    st.integers(0, 4) | st.integers(0, 30),
    st.sampled_from(USERS),
)
DIFFERENCES = st.lists(
    st.integers(0, APART) | st.sampled_from([0, APART]), min_size=PROCESSES, max_size=PROCESSES
)


def test_no_old_session_passes_and_no_new_sign_in_is_refused(town: Town) -> None:
    @settings(max_examples=150)
    @given(
        st.integers(-APART, 0),
        DIFFERENCES,
        st.sampled_from([0, 2]),
        st.lists(STEPS, min_size=3, max_size=16),
    )
    def agree(slowest: int, ahead: list[int], staleness: int, steps: list[Step]) -> None:
        town.start([slowest + more for more in ahead], MemoryStore(), staleness=staleness)
        story = Story(town, staleness=staleness)
        for step in steps:
            story.go_on(step)
        # To the end of the last session, by the slowest clock.
        for _ in range(3):
            town.time += LIFETIME / 3 + 100
            story.check()

    agree()


@pytest.mark.parametrize("ahead", [[0, 0, 0], [0, APART, 0], [APART, 0, 0]], ids=str)
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("end", ["one", "user", "all"])
def test_who_signs_in_again_before_their_end_is_known_everywhere_is_signed_in(
    town: Town, ahead: list[int], user: str, end: str
) -> None:
    """Within the staleness: a process has just seen the cookie that another one ends."""
    town.start(ahead, MemoryStore(), staleness=2)
    old = sealed(town.visit(0, f"/sign-in/{user}"))
    found = town.whose(1, old)
    assert found is not None
    revocations = CookieSessions.revocations(town.process(0))
    if end == "one":
        revocations.revoke(found[1])
    elif end == "user":
        revocations.revoke_subject(user)
    else:
        revocations.revoke_all()
    response = town.visit(1, f"/sign-in/{user}", old)
    assert set_cookies(response), "the sign-in is lost"
    assert all(town.whose(number, sealed(response)) for number in (0, 1))


def test_processes_that_share_a_file_agree(town: Town, tmp_path: Path) -> None:
    """The slowest clock ends what the fastest began, and the other way round."""
    for turn, ahead in enumerate([[-120, 120, 0], [120, -120, 0]]):
        store = SQLiteStore(tmp_path / f"{turn}.db")
        town.start(ahead, store, staleness=0)
        old: list[str] = []
        for revoker in (1, 0, 1, 1, 0):
            old += [sealed(town.visit(number, "/sign-in/ann")) for number in (0, 1)]
            assert all(town.whose(number, text) for number in (0, 1) for text in old[-2:])
            CookieSessions.revoke_user(town.process(revoker), "ann")
            assert not any(town.whose(number, text) for number in (0, 1) for text in old)
        town.time += LIFETIME - 1
        assert not any(town.whose(number, text) for number in (0, 1) for text in old)
        store.close()
