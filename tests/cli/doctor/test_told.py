"""What the doctor says of stores that forget and of browsers with many cookies."""

from __future__ import annotations

from cookie_sessions.cli.doctor import report
from cookie_sessions.cli.doctor.findings import Findings
from cookie_sessions.cli.doctor.others import Others
from cookie_sessions.cli.doctor.store import _fault
from cookie_sessions.stores import MemoryStore


class Forgetful(MemoryStore):
    """Keeps nothing and says nothing of it."""

    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """Forget."""


def test_a_store_that_forgets_is_found_out() -> None:
    assert "did not give back what it was given to keep" in _fault(Forgetful())
    assert _fault(MemoryStore()) == ""


def test_a_deployment_that_no_profile_fits_is_told_so() -> None:
    nothing = Findings((), "nginx", (), ())
    assert report._profiles(nothing).splitlines() == [
        "No profile fits.",
        "The application has the profile nginx.",
    ]


def test_of_many_cookies_the_largest_are_shown_and_the_rest_counted() -> None:
    cookies = tuple((f"c{number}", 100 - number) for number in range(report._SHOWN + 3))
    lines = report._cookies(Others(9000, cookies)).splitlines()
    assert lines[1].split() == ["c0", "100"]
    assert lines[-1] == "  and 3 more"
    assert len(lines) == report._SHOWN + 2
