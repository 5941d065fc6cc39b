"""No version that is installed has a known weakness; and an audit that can't be made says so."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator

import pytest

from tests.audit.audit import audit, pinned, read
from tests.conftest import missing
from tests.stores.blackhole import blackhole

REPORT = {
    "dependencies": [
        {
            "name": "pyjwt",
            "version": "2.3.0",
            "vulns": [{"id": "PYSEC-2022-202", "fix_versions": ["2.4.0"], "aliases": []}],
        },
        {"name": "zstandard", "version": "0.25.0", "vulns": []},
        {"name": "ormsgpack", "skip_reason": "not found"},
    ],
    "fixes": [],
}


@pytest.fixture(autouse=True)
def pip_audit() -> None:
    if importlib.util.find_spec("pip_audit") is None:
        missing("pip-audit", "pip install pip-audit")


def test_no_dependency_has_a_known_weakness() -> None:
    found = audit(pinned())
    assert found.known == []
    if not found.clean:
        pytest.skip(f"pip-audit could look nothing up: {found.skipped[0]}")
    assert found.skipped == []


def test_all_runtime_dependencies_and_what_they_bring_are_asked_about() -> None:
    assert {"cryptography", "cffi", "ormsgpack", "pyjwt", "zstandard"} <= set(pinned())
    assert {"flask", "werkzeug", "click"} <= set(pinned())
    assert {"cookie-sessions", "pytest", "hypothesis"} & set(pinned()) == set()


def test_a_known_weakness_is_told_with_the_version_that_mends_it() -> None:
    found = read(REPORT)
    assert found.known == ["pyjwt 2.3.0: PYSEC-2022-202, fixed in 2.4.0"]
    assert found.clean == ["zstandard 0.25.0"]
    assert found.skipped == ["ormsgpack: not found"]


@pytest.fixture(params=["refuses", "drops", "is silent"])
def unanswered(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port where nobody answers, and that nobody else is given meanwhile."""
    if request.param == "drops":
        with blackhole() as port:
            yield port
        return
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            held.listen()
        yield held.getsockname()[1]


def test_a_database_that_does_not_answer_is_a_skip_with_its_reason(unanswered: int) -> None:
    url = f"http://127.0.0.1:{unanswered}/v1/query"
    service = ("--vulnerability-service", "osv", "--osv-url", url, "--timeout", "1")
    found = audit({"flask": "3.1.3"}, options=service)
    assert (found.known, found.clean) == ([], [])
    assert len(found.skipped) == 1
    assert "can't be reached" in found.skipped[0]


def test_a_pip_audit_that_fails_otherwise_is_no_skip() -> None:
    with pytest.raises(RuntimeError, match="pip-audit failed with status 2"):
        audit({"flask": "3.1.3"}, options=("--no-such-option",))
