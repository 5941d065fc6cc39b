"""Sessions as large as each profile admits, through the server that it is named for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cookie_sessions.cookies import octets_of, profile_of
from tests.conftest import missing
from tests.deployments.client import BROWSER, Headers, get
from tests.deployments.deployment import BEHIND, DEPLOYMENTS, deployed
from tests.deployments.limits import OK
from tests.deployments.programs import PROGRAMS
from tests.deployments.visitor import STORED, Visitor, admitted, is_crowded

pytestmark = pytest.mark.once

OTHERS = "consent=" + "c" * 192 + "; statistics=" + "s" * 187
BY_US = "SessionTooLarge"
HEADERS = pytest.mark.parametrize("headers", [[], BROWSER], ids=["few headers", "a browser's"])


@pytest.fixture(scope="module", params=DEPLOYMENTS)
def deployment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def port(deployment: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    chain = DEPLOYMENTS[deployment]
    for program in [*map(PROGRAMS.__getitem__, chain), PROGRAMS[BEHIND]]:
        if program.version() is None:
            missing(program.name, program.install)
    with deployed(chain, tmp_path_factory.mktemp("deployment")) as port:
        yield port


def passes_both_ways(visitor: Visitor, octets: int) -> bool:
    written = visitor.write(octets)
    assert written.status == OK
    kept = visitor.come_back(written)
    return (kept.status, kept.body) == (OK, written.body)


def test_a_browsers_headers_are_of_a_usual_size() -> None:
    assert 550 < octets_of(BROWSER) < 650
    assert len(OTHERS) == 400


@HEADERS
def test_the_largest_session_passes_both_ways_and_one_octet_more_is_refused_by_us(
    port: int, headers: Headers
) -> None:
    visitor = Visitor(port, headers)
    octets = visitor.largest()
    assert passes_both_ways(visitor, octets)
    refused = visitor.write(octets + 1)
    assert (refused.status, refused.body, refused.set_cookies) == (500, BY_US, [])


@HEADERS
def test_beside_the_cookies_of_others_the_largest_session_without_a_warning_passes(
    port: int, headers: Headers
) -> None:
    visitor = Visitor(port, headers, others=OTHERS)
    octets = visitor.largest()
    assert octets > 1000
    assert passes_both_ways(visitor, octets)
    # One octet more is never kept in silence, and the cookies of others alone never refuse it.
    more = visitor.write(octets + 1)
    assert is_crowded(more) or more.body == BY_US
    fits_alone = admitted(Visitor(port, headers).write(octets + 1))
    assert (more.status, bool(more.set_cookies)) == ((OK, True) if fits_alone else (500, False))


@HEADERS
def test_with_a_store_sessions_pass_that_the_cookies_of_others_leave_no_room_for(
    port: int, headers: Headers
) -> None:
    alone = Visitor(port, headers).largest()
    visitor = Visitor(port, headers, others=OTHERS, site=STORED)
    for octets in (alone, alone + 1, 100_000):
        assert admitted(visitor.write(octets))
        assert passes_both_ways(visitor, octets)


def test_the_headers_of_a_page_take_their_room_from_the_session(deployment: str, port: int) -> None:
    response = profile_of(DEPLOYMENTS[deployment]).response
    visitor = Visitor(port, BROWSER, own=8000 if response is None else response - 1500)
    octets = visitor.largest()
    assert octets > 500
    assert passes_both_ways(visitor, octets)
    refused = visitor.write(octets + 1)
    assert (refused.status, refused.body, refused.set_cookies) == (500, BY_US, [])


def test_many_headers_and_a_long_link_leave_the_largest_session_its_room(port: int) -> None:
    visitor = Visitor(port, [(f"X-Header-{number}", "short") for number in range(18)])
    written = visitor.write(visitor.largest())
    kept = visitor.come_back(written, query="q" * (256 - len("GET /kept? HTTP/1.1\r\n")))
    assert (kept.status, kept.body) == (OK, written.body)


def test_the_one_cookie_header_may_be_as_long_as_the_profile_says(
    deployment: str, port: int
) -> None:
    octets = profile_of(DEPLOYMENTS[deployment]).cookie_line
    answer = get(port, "/plain", [], "n=".ljust(octets, "v"))
    assert (answer.status, answer.body) == (OK, str(octets))
