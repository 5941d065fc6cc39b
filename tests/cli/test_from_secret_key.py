"""Moving from SECRET_KEY to a ring: nobody is logged out, in whatever order instances follow."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.envelope import peek
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import State
from tests.cli.world import DAY, HOUR, INIT, World
from tests.flask.world import SECRET, get, route, sealed

FALLBACK = "the secret key of the year before"
MADE = {"SECRET_KEY": SECRET, "OLD_SECRET_KEY": FALLBACK}
LINE = ("from-secret-key", *INIT, "--fallback-env", "OLD_SECRET_KEY")


def instance(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": SECRET, **config})
    CookieSessions(app)

    def visit() -> int:
        session.permanent = True
        session["visits"] = session.get("visits", 0) + 1
        return int(session["visits"])

    route(app, visit)
    return app


class Visitor:
    """One browser that goes from instance to instance."""

    def __init__(self) -> None:
        self.cookie: str | None = None
        self.visits = 0

    def goes_to(self, app: Flask) -> None:
        response = get(app, cookie=self.cookie)
        self.visits += 1
        assert response.text == str(self.visits), "the session was lost"
        self.cookie = f"session={sealed(response)}"

    @property
    def kid(self) -> str:
        assert self.cookie is not None
        head = peek(self.cookie.partition("=")[2])
        assert head is not None
        return head.kid.hex()


def test_the_old_key_seals_until_the_roll_out_ends_and_opens_until_its_sessions_have(
    bare: World,
) -> None:
    bare.do(*LINE, "--label", "fresh", "--rollout", "7d", env=MADE)
    by_state = {state: label for label, state in bare.states().items()}
    assert by_state[State.PRIMARY].startswith("SECRET_KEY ")
    assert by_state[State.OPEN_ONLY].startswith("SECRET_KEY_FALLBACKS ")
    assert by_state[State.PENDING] == "fresh"
    bare.now += 7 * DAY
    assert bare.states()["fresh"] is State.PRIMARY
    assert sorted(bare.states().values()) == ["open-only", "open-only", "primary"]
    bare.now += 31 * DAY + 300
    assert sorted(bare.states().values()) == ["primary", "retired", "retired"]


def test_visitors_go_between_instances_with_and_without_the_ring(bare: World) -> None:
    without = instance(SECRET_KEY_FALLBACKS=[FALLBACK])
    visitor, former = Visitor(), Visitor()
    former.goes_to(instance(SECRET_KEY=FALLBACK))
    bare.do(*LINE, "--label", "fresh", env=MADE)
    fresh = bare.keys().entries[-1].kid.hex()
    with_ring = instance(COOKIE_SESSIONS_KEYS=bare.url)
    for _ in range(3):
        for app in (without, with_ring):
            visitor.goes_to(app)
            assert visitor.kid != fresh
    former.goes_to(with_ring)
    bare.now += DAY
    visitor.goes_to(with_ring)
    former.goes_to(with_ring)
    assert visitor.kid == former.kid == fresh


def test_secrets_come_from_stdin_too(bare: World) -> None:
    bare.do(*LINE, env=MADE)
    kids = {entry.kid for entry in bare.keys().entries[:2]}
    bare.path.unlink()
    bare.do("from-secret-key", *INIT, "--stdin", input=f"{SECRET}\n{FALLBACK}\n")
    assert {entry.kid for entry in bare.keys().entries[:2]} == kids
    bare.path.unlink()
    bare.do("from-secret-key", *INIT, "--secret-env", "MINE", env={"MINE": SECRET})
    assert bare.keys().entries[0].kid in kids


@pytest.mark.parametrize(
    ("line", "options", "status"),
    [
        ((), {"env": {"SECRET_KEY": None}}, 1),
        (("--stdin",), {"input": ""}, 1),
        (("--stdin", "--secret-env", "MINE"), {}, 2),
        (("--secret-env", "NOT_SET"), {}, 1),
    ],
)
def test_without_a_secret_no_ring_is_made(
    bare: World, line: tuple[str, ...], options: dict[str, Any], status: int
) -> None:
    result = bare.run("from-secret-key", *INIT, *line, **options)
    assert result.exit_code == status
    assert not bare.path.exists()


def test_a_ring_that_is_there_is_not_touched(world: World) -> None:
    before = world.path.read_bytes()
    assert world.run(*LINE, env=MADE).exit_code == 1
    assert world.path.read_bytes() == before


def test_a_secret_that_can_be_guessed_is_told_of(bare: World) -> None:
    result = bare.run("from-secret-key", *INIT, env={"SECRET_KEY": "dev"})
    assert result.exit_code == 0
    assert "short enough to be guessed" in result.stderr


def test_a_scheduled_rotation_goes_on_from_the_fresh_key(bare: World) -> None:
    bare.do(*LINE, env=MADE)
    bare.do("rotate")
    assert len(bare.keys().entries) == 3
    bare.now += 91 * DAY - HOUR
    bare.do("rotate")
    assert sorted(bare.states().values()) == ["pending", "primary"]
