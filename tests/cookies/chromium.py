"""Our reader against Chromium's own view of its jar: ``python -m tests.cookies.chromium``.

A script of a page and a server set cookies in a real Chromium. Chromium says by the DevTools
protocol which cookies it holds, then sends a request, and our reader must find in that header what
Chromium holds for the request's path: every value of every name, and no name that it does not hold.
"""

from __future__ import annotations

import argparse
import enum
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from cookie_sessions.cookies import MAX_HEADER_OCTETS, MAX_VALUES, find, is_token
from cookie_sessions.errors import Rejected
from tests.browser.chromium import Chromium
from tests.cookies.echo import EchoServer
from tests.cookies.headers import NAMES
from tests.cookies.jars import GENUINE, Batch, Plan, batches

Answer = frozenset[str] | str
"""The values, or the word for a refusal. Order and number never decide anything in our package."""

_TOKENS: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIRST: Final = (range(0x80), range(0xC0, 0xE0), range(0xE0, 0xF0), range(0xF0, 0xF8))
_GET: Final = "const get = path => fetch(path).then(answer => answer.text());"
"""A body that nobody reads keeps its pipe, and Chromium has a limited number of them."""

_SET: Final = f"""{_GET} return (async (site, plans) => {{
    if (site) await get('/?site');
    await Promise.all(plans.filter(plan => plan.served).map(plan => get(plan.path + '?set')));
    for (const plan of plans) for (const line of plan.scripted) document.cookie = line;
    return document.cookie.length;
}})(...JSON.parse(arguments[0]))"""
"""It reads the cookies in the end because Chromium lets a script go on before they are set."""

_SEND: Final = f"{_GET} return Promise.all(arguments[0].map(get)).then(() => null)"


class View(enum.Enum):
    """One thing in which Chromium's view differs, by its name in docs/cookie-header.md."""

    TEXT = "a value is text, decoded as UTF-8"
    LOSSY = "octets that are not UTF-8 are left out or replaced"
    UNBOUNDED = "there is no bound"


class Held(NamedTuple):
    """A cookie in Chromium's view of its jar."""

    name: str
    value: str
    path: str
    partitioned: bool


class Sent(NamedTuple):
    """One request: what it carried, and what Chromium held for it.

    Attributes:
        plan: what had been set for it.
        site: the names of the site's own cookies in the jar.
        header: as it came over the wire, in latin-1.
        held: the cookies that go to this path.
    """

    plan: Plan
    site: tuple[str, ...]
    header: str
    held: tuple[Held, ...]

    def values(self, name: str) -> frozenset[str]:
        """What Chromium holds under this name."""
        return frozenset(one.value for one in self.held if one.name == name)


class Jar:
    """A page in a Chromium that sets cookies and sends them."""

    def __init__(self, browser: Chromium, echo: EchoServer) -> None:
        self._browser = browser
        self._echo = echo
        browser.devtools("Security.setIgnoreCertificateErrors", ignore=True)
        browser.open(f"{echo.url}/")

    def carry_out(self, batch: Batch) -> Iterator[Sent]:
        """Set the cookies of a batch in an empty jar, look at it, and send its requests."""
        self._browser.clear_cookies()
        self._echo.received.clear()
        self._echo.lines = {f"{plan.path}?set": plan.served for plan in batch.plans}
        self._echo.lines["/?site"] = [
            f"{name}={GENUINE}; Secure; HttpOnly; Path=/".encode() for name in batch.site
        ]
        work = [bool(batch.site), [_instruction(plan) for plan in batch.plans]]
        self._browser.script(_SET, json.dumps(work))
        view = [
            Held(one["name"], one["value"], one["path"], "partitionKey" in one)
            for one in self._browser.devtools("Storage.getCookies")["cookies"]
        ]
        self._browser.script(_SEND, [plan.path for plan in batch.plans])
        for plan in batch.plans:
            held = tuple(one for one in view if _goes_to(one.path, plan.path))
            header = self._echo.received[plan.path].decode("latin-1")
            yield Sent(plan, batch.site, header, held)


@contextmanager
def jar() -> Iterator[Jar]:
    """A jar in a Chromium of its own, for as long as it is used."""
    with (
        tempfile.TemporaryDirectory() as profile,
        EchoServer() as echo,
        Chromium(Path(profile)) as browser,
    ):
        yield Jar(browser, echo)


def ours(header: str, name: str) -> Answer:
    """What our reader gives."""
    try:
        return frozenset(find(header, name))
    except Rejected as refusal:
        return str(refusal.reason)


def explain(sent: Sent, name: str) -> tuple[View, ...]:
    """The fewest differences of Chromium's view with which our reading becomes it.

    Raises:
        LookupError: none explain it. That is a bug of ours, or news of Chromium.
    """
    held, mine = sent.values(name), ours(sent.header, name)
    if held == mine:
        return ()
    if mine == _seen(sent.header, name, ()):
        for size in range(1, len(View) + 1):
            for chosen in itertools.combinations(View, size):
                if _seen(sent.header, name, chosen) == held:
                    return chosen
    raise LookupError(
        f"Chromium holds {sorted(held)!r} for {name!r}, and we read {mine!r} "
        f"in {sent.header!r}, after {sent.plan!r} in a jar with {sent.site!r}."
    )


def compare(requests: Iterable[Sent]) -> Counter[View | str]:
    """Compare our reader with Chromium's view for each request.

    All names are asked for that Chromium holds, that a test of ours uses, and every other token
    that stands anywhere in the header.

    Returns:
        How many headers show each difference, and some totals by a word.

    Raises:
        LookupError: a difference that nothing explains.
    """
    counts: Counter[View | str] = Counter()
    for sent in requests:
        names = {one.name for one in sent.held}
        tokens = {name for name in names if is_token(name)}
        asked = tokens | set(NAMES) | set(_TOKENS.findall(sent.header))
        reasons = {reason for name in asked for reason in explain(sent, name)}
        counts.update(reasons)
        counts["headers"] += 1
        counts["asked"] += len(asked)
        counts["held"] += len(sent.held)
        counts["differ"] += bool(reasons)
        counts["no token"] += len(tokens) < len(names)
        counts["nameless"] += "" in names
        if not sent.plan.served:
            counts["genuine"] += len(sent.site)
            for name in sent.site:
                _check_genuine(sent, name)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cookies.chromium", description=__doc__)
    parser.add_argument("--headers", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--browsers", type=int, default=2, help="how many at a time (2)")
    chosen = parser.parse_args()
    started = time.monotonic()
    work = list(batches(chosen.headers, seed=chosen.seed))
    shares = [work[first :: chosen.browsers] for first in range(chosen.browsers)]
    with ThreadPoolExecutor(chosen.browsers) as pool:
        counts = sum(pool.map(_in_own_jar, shares), Counter[View | str]())
    for key, count in counts.most_common():
        sys.stdout.write(f"{count:>9,}  {key.value if isinstance(key, View) else key}\n")
    sys.stdout.write(f"{time.monotonic() - started:>9,.0f}  seconds\n")
    return 0


def _in_own_jar(share: Iterable[Batch]) -> Counter[View | str]:
    with jar() as running:
        return compare(itertools.chain.from_iterable(map(running.carry_out, share)))


def _check_genuine(sent: Sent, name: str) -> None:
    """A script can hide the site's cookie by a flood, but neither overwrite nor forge it.

    Beside one that has the prefix ``__Host-`` a script can set only its partitioned twin.
    """
    answer = ours(sent.header, name)
    if isinstance(answer, str):
        return
    assert GENUINE in answer
    if name.startswith("__Host-"):
        twins = {one.value for one in sent.held if one.name == name and one.partitioned}
        assert len(twins) < 2
        assert answer <= {GENUINE} | twins


def _instruction(plan: Plan) -> dict[str, object]:
    return {"path": plan.path, "scripted": plan.scripted, "served": bool(plan.served)}


def _goes_to(folder: str, path: str) -> bool:
    """Path matching by RFC 6265, section 5.1.4."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _seen(header: str, name: str, views: tuple[View, ...]) -> Answer:
    if View.UNBOUNDED not in views and len(header) > MAX_HEADER_OCTETS:
        return "too_large"
    values: set[str] = set()
    for pair in header.split(";"):
        key, equals, value = pair.partition("=")
        if equals and _shown(key.strip(" \t"), views) == name:
            values.add(_shown(value.strip(" \t"), views))
    if View.UNBOUNDED not in views and len(values) > MAX_VALUES:
        return "ambiguous"
    return frozenset(values)


def _shown(text: str, views: tuple[View, ...]) -> str:
    octets = text.encode("latin-1")
    try:
        decoded = octets.decode()
        return decoded if View.TEXT in views else text
    except UnicodeDecodeError:
        return _in_protocol(octets) if View.LOSSY in views else text


def _in_protocol(octets: bytes) -> str:
    """What the DevTools protocol shows of octets: a first one takes the next ones unseen."""
    shown: list[str] = []
    at = 0
    while at < len(octets):
        first = octets[at]
        at += 1
        follow = next((size for size in range(4) if first in _FIRST[size]), None)
        if follow is None or at + follow > len(octets):
            continue
        rest = octets[at : at + follow]
        at += follow
        point = first & (0x3F >> follow if follow else 0x7F)
        for octet in rest:
            point = point << 6 | octet & 0x3F
        if all(octet >> 6 == 0b10 for octet in rest) and (not follow or 0x7F < point < 0x110000):
            shown.append("\ufffd" if 0xD800 <= point < 0xE000 else chr(point))
    return "".join(shown)


if __name__ == "__main__":
    raise SystemExit(main())
