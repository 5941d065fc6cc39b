"""In what a real Chromium sends we find what it holds, and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from cookie_sessions.cookies import find
from tests.browser.chromium import Chromium
from tests.conftest import missing
from tests.cookies.chromium import Jar, Sent, View, compare, explain, jar, ours
from tests.cookies.jars import GENUINE, Batch, Plan, batches
from tests.cookies.page import code, rows

pytestmark = pytest.mark.once

HEADERS = 3_000
ROWS = rows("Against Chromium")
HOST = "__Host-session"
PATH = "/0" + "/p" * 20

FORGERIES = [
    f"{HOST}=EVIL",
    f"{HOST}=EVIL; Path=/; Secure",
    f"{HOST}=EVIL; Path=/; Secure; HttpOnly",
    f"{HOST}=EVIL; Path=/0; Secure",
    f"{HOST}=EVIL; Path=/; Secure; Domain=shop.localhost",
    f" \t{HOST} \t=EVIL",
    f"{HOST}==EVIL",
    f"={HOST}=EVIL",
    f"={HOST}=EVIL; Path=/; Secure",
    f" = {HOST} =EVIL; Path=/; Secure",
    f"=={HOST}=EVIL",
    f"=\t{HOST}=EVIL",
    f"={HOST}",
    f"{HOST.upper()}=EVIL; Path=/; Secure",
    f"=={HOST.lower()}=EVIL; Path=/; Secure",
    f"x=1,{HOST}=EVIL",
    f"x=1, {HOST}=EVIL",
    f"=1,{HOST}=EVIL",
    f"x=1;{HOST}=EVIL",
    f'x="1; {HOST}=EVIL"',
    f"x=1\n{HOST}=EVIL",
    f"x=1\r\n{HOST}=EVIL",
    f"x=1\x00;{HOST}=EVIL",
    *(
        line
        for blank in ("\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\xa0", "\u2000", "\u3000", "\ufeff")
        for line in (f"{blank}{HOST}=EVIL", f"{HOST}{blank}=EVIL", f"x=1;{blank}{HOST}=EVIL")
    ),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Jar]:
    if not Chromium.is_installed():
        missing("Chromium with its chromedriver", Chromium.install)
    with jar() as opened:
        yield opened


def carried_out(running: Jar, plan: Plan) -> Sent:
    (sent,) = running.carry_out(Batch((HOST,), (plan,)))
    return sent


def test_we_find_what_chromium_holds_and_nothing_else(running: Jar) -> None:
    work = map(running.carry_out, batches(HEADERS, seed=1))
    counts = compare(itertools.chain.from_iterable(work))
    assert [row[0] for row in ROWS] == [view.value for view in View]
    assert {view for view in View if counts[view]} == set(View)
    assert counts["headers"] == HEADERS
    assert counts["held"] > 2 * HEADERS
    assert counts["genuine"] > HEADERS / 4
    assert counts["nameless"] > 100


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_example_of_the_page_shows_its_difference_and_no_other(
    running: Jar, row: list[str]
) -> None:
    lines, mine, theirs = (eval(code(cell)) for cell in row[2:5])  # noqa: S307
    if row[1] == "script":
        plan = Plan(PATH, tuple(lines), ())
    else:
        plan = Plan(PATH, (), tuple(line.encode("latin-1") for line in lines))
    sent = carried_out(running, plan)
    assert ours(sent.header, "session") == (mine if mine == "ambiguous" else frozenset(mine))
    assert sent.values("session") == set(theirs)
    assert explain(sent, "session") == (View(row[0]),)


def test_no_script_forges_a_cookie_with_the_host_prefix(running: Jar) -> None:
    for line in FORGERIES:
        sent = carried_out(running, Plan(PATH, (line,), ()))
        assert find(sent.header, HOST) == (GENUINE,), f"{line!r} gave {sent.header!r}"
    together = carried_out(running, Plan(PATH, tuple(FORGERIES), ()))
    assert find(together.header, HOST) == (GENUINE,)
    assert len(together.held) > 5


def test_a_script_can_set_the_partitioned_twin(running: Jar) -> None:
    twin = f"{HOST}=TWIN; Path=/; Secure; Partitioned"
    assert set(find(carried_out(running, Plan(PATH, (twin,), ())).header, HOST)) == {
        GENUINE,
        "TWIN",
    }


def test_chromium_takes_no_nameless_cookie_that_reads_as_a_pair(running: Jar) -> None:
    lines = ("=session=EVIL", "==session=EVIL", " = session=EVIL", "bare", "=bare too")
    sent = carried_out(running, Plan(PATH, lines, ()))
    assert find(sent.header, "session") == ()
    assert sent.values("") == {"bare too"}


def test_a_value_that_chromium_does_not_hold_is_not_explained() -> None:
    sent = Sent(Plan(PATH, (), ()), (), "session=EVIL", ())
    with pytest.raises(LookupError, match="EVIL"):
        explain(sent, "session")
