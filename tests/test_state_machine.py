"""A Flask application and a dictionary go through the same requests, and agree after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from cookie_sessions import clock
from cookie_sessions.envelope import peek
from cookie_sessions.errors import SessionTooLarge, UsageError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.session import FlaskSession
from cookie_sessions.keys import from_secret_keys
from tests.codec.sameness import same
from tests.plain import START
from tests.session_model import Model, Operation, outcome, scripts

LIFETIME = 31 * 86_400
REFRESH_AFTER = 60


class Browser(RuleBasedStateMachine):
    """One visitor of an application, which is restarted and whose keys rotate."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(clock, "now", lambda: self.now)
        self.secrets = ["the secret key of the very first day"]
        self.rotations = 0
        self.refreshes = True
        self.stored: dict[Any, Any] | None = None
        self.identity: tuple[Any, Any] | None = None
        self.model = Model(None)
        self.script: list[Operation] = []
        self.cookie: str | None = None

    @initialize()
    def start(self) -> None:
        self.app = flask.Flask("shop")
        self.configure()
        CookieSessions(self.app)
        self.client: FlaskClient = self.app.test_client()
        if self.cookie is not None:
            self.client.set_cookie("session", self.cookie)

        @self.app.get("/use")
        def use() -> str:
            self.run(flask.session)
            return "used"

        @self.app.get("/leave")
        def leave() -> str:
            return "left alone"

    def configure(self) -> None:
        self.app.config.update(
            TESTING=True,
            SECRET_KEY=self.secrets[0],
            SECRET_KEY_FALLBACKS=self.secrets[1:],
            SESSION_REFRESH_EACH_REQUEST=self.refreshes,
        )

    def teardown(self) -> None:
        self._patch.undo()

    @rule(script=scripts())
    def use_the_session_in_a_view(self, script: list[Operation]) -> None:
        self.model = Model(self.stored)
        self.script = script
        self.answer(lambda: self.client.get("/use"))

    @rule(script=scripts())
    def use_the_session_in_a_transaction(self, script: list[Operation]) -> None:
        self.model = Model(self.stored)

        def transact() -> None:
            with self.client.session_transaction() as session:
                self.run(session)

        self.script = script
        self.answer(transact)

    @rule()
    def leave_the_session_alone(self) -> None:
        self.model = Model(self.stored)
        head = peek(self.cookie or "")
        assert self.client.get("/leave").data == b"left alone"
        due = head is not None and head.refreshable and self.now - head.sealed_at >= REFRESH_AFTER
        self.settle("refresh" if due and self.refreshes and self.stored else "keep")

    @rule(seconds=st.sampled_from([0.5, 1, 59, 61, 3600, 6 * 3600]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.check()

    @rule(what=st.sampled_from(["rotate", "drop", "restart", "switch", "stay away"]))
    def change_the_world(self, what: str) -> None:
        if what == "rotate":
            self.rotations += 1
            self.secrets.insert(0, f"the secret key after {self.rotations} others")
        elif what == "drop":
            del self.secrets[1:]
            head = peek(self.cookie or "")
            if head is not None and head.kid != from_secret_keys(self.secrets[0]).primary.kid:
                self.forget()
        elif what == "restart":
            self.start()
        elif what == "switch":
            self.refreshes = not self.refreshes
        else:
            self.now += LIFETIME + 2
            self.forget()
        self.configure()
        self.check()

    def answer(self, request: Callable[[], object]) -> None:
        """Make a request; what it must do to the cookie follows from the model."""
        try:
            request()
        except SessionTooLarge:
            assert not self.model.holds_foreign
            assert self.due() == "write"
            self.settle("keep")
        except UsageError:
            assert self.model.holds_foreign
            self.settle("keep")
        else:
            assert not self.model.holds_foreign
            self.settle(self.due())

    def run(self, session: Any) -> None:
        for operation in self.script:
            assert same(outcome(operation, session), outcome(operation, self.model))

    def due(self) -> str:
        """What must become of the cookie when a request has used the session."""
        model = self.model
        if not model:
            return "delete" if model.modified else "keep"
        if model.modified or (model.permanent and self.refreshes):
            return "write" if model.modified or not model.arrived else "refresh"
        return "keep"

    def settle(self, action: str) -> None:
        kept = self.client.get_cookie("session")
        before, self.cookie = self.cookie, None if kept is None else kept.value
        if action == "write":
            self.stored = dict(self.model)
        elif action == "delete":
            self.forget()
            assert self.cookie is None
        if action in {"write", "refresh"}:
            assert self.cookie not in {None, before}
            assert peek(self.cookie or "") is not None
        elif action == "keep" and self.stored is not None:
            assert self.cookie == before
        self.check(renewed=action in {"write", "refresh"})

    def forget(self) -> None:
        self.stored = self.identity = None

    def check(self, *, renewed: bool = False) -> None:
        """Open the cookie as the next request will, and compare all of it with the model."""
        headers = [] if self.cookie is None else [("Cookie", f"session={self.cookie}")]
        with self.app.test_request_context(headers=headers) as context:
            session = self.app.session_interface.open_session(self.app, context.request)
            assert isinstance(session, FlaskSession)
            assert session.new == (self.stored is None)
            assert same(dict(session), self.stored or {})
            assert len(session) == len(self.stored or {})
            assert not session.modified
            if self.stored is None:
                return
            identity = session.sid, session.created_at
        if renewed and not self.model.arrived:
            assert self.identity is None or self.identity[0] != identity[0]
        elif renewed and self.model.renamed:
            assert self.identity is not None
            assert self.identity[0] != identity[0]
            assert self.identity[1] == identity[1]
        else:
            assert self.identity == identity
        self.identity = identity


Browser.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestBrowser = Browser.TestCase
