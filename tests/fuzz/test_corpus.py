"""The corpora hold, under every Python and without a fuzzer, and each target can fail."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cookie_sessions import csrf, envelope
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec
from cookie_sessions.cookies import find, without
from cookie_sessions.keys import KeyEntry, jwk_set
from cookie_sessions.policy.user_agent import UserAgent
from cookie_sessions.session import Session
from tests.fuzz.targets import FOLDER, TARGETS, Target, file_name

MAX_OCTETS = 200_000
OTHER_FILES = {
    *("__init__", "__main__", "attempt", "campaign", "engine", "nested", "targets", "vectors"),
    *("test_corpus", "test_program"),
}

each = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def test_every_target_is_listed_and_no_other() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")}
    assert files - OTHER_FILES == set(TARGETS)
    assert {path.name for path in (FOLDER / "corpus").iterdir()} == set(TARGETS)


@each
def test_every_target_has_a_corpus_named_by_its_content(target: Target) -> None:
    kept = target.kept()
    assert len(kept) >= 5
    for path in kept:
        assert path.name == file_name(path.read_bytes())
        assert path.stat().st_size <= target.max_octets


def test_the_corpora_are_small() -> None:
    kept = [path for target in TARGETS.values() for path in target.kept()]
    assert sum(path.stat().st_size for path in kept) < MAX_OCTETS


@each
def test_no_seed_is_longer_than_what_is_tried(target: Target) -> None:
    assert max(map(len, target.seeds)) <= target.max_octets


@each
def test_no_seed_and_no_kept_input_violates_a_property(target: Target) -> None:
    for data in inputs(target):
        target.check(data)


def inputs(target: Target) -> Iterator[bytes]:
    yield from target.seeds
    for path in target.kept():
        yield path.read_bytes()


def fails(target: Target) -> bool:
    """Whether a target finds what is broken now, before anything is fuzzed."""
    for data in inputs(target):
        try:
            target.check(data)
        except Exception:  # noqa: BLE001 - a fuzzer takes any error for a finding.
            return True
    return False


parse = envelope.parse
from_octets = Claims.from_octets
from_wire = Codec.from_wire
load_payload = Codec.load_payload
read_entry = jwk_set._Entry.read
as_member = jwk_set.as_member
parse_origin = csrf.parse_origin


def splitting_on_commas(header: str, name: str, *, commas: bool) -> tuple[str, ...]:
    return find(header.replace(",", ";"), name, commas=commas)


def stripping_every_space(header: str, name: str, *, commas: bool) -> tuple[str, ...]:
    return tuple(value.strip() for value in find(header, name, commas=commas))


def taking_out_by_commas(header: str, names: frozenset[str], *, commas: bool) -> str:
    return without(header, names, commas=True)


def setting_every_pair(cookies: Any, set_cookies: Any) -> str:
    return "; ".join([*cookies, *set_cookies])


def escaping_nothing(text: str) -> str:
    return text


def taking_padding(text: str) -> tuple[envelope.Head, bytes]:
    return parse(text.rstrip("="))


def raising_key_error(codec: Codec, wire: Any) -> Any:
    if type(wire) is bytes and wire[:1] == b"\xc1":
        raise KeyError(wire[1:2])
    return from_wire(codec, wire)


def dropping_a_value(codec: Codec, plaintext: bytes) -> tuple[bytes, dict[Any, Any]]:
    claims, wires = load_payload(codec, plaintext)
    return claims, dict(list(wires.items())[:-1])


def dropping_unknown_claims(octets: bytes) -> Claims:
    return from_octets(octets)._replace(unknown=())


def handing_out_what_is_damaged(session: Session, _wires: Any, key: Any, wire: Any) -> Any:
    value = session._live[key] = session._codec.from_wire(wire)
    session._watched[key] = session._codec.pack(value, name=key)
    return value


def joining_whatever_is_there(head: str, *, name: str, find: Callable[[str], Any]) -> str:
    chunks = [find(f"{name}.{index}") for index in range(1, int(head[1:2] or "0"))]
    return head[2:] + "".join([chunk[0][8:] for chunk in chunks if chunk])


def forgetting_revocation(reader: Any) -> KeyEntry:
    return dataclasses.replace(read_entry(reader), mark=None)


def forgetting_dates(entry: KeyEntry) -> dict[str, Any]:
    return {name: value for name, value in as_member(entry).items() if name != "exp"}


def taking_any_token(*_: Any, **__: Any) -> None:
    return None


def stripping_a_path(text: object) -> csrf.WebOrigin | None:
    return parse_origin(text.rstrip("/") if isinstance(text, str) else text)


def taking_any_version(text: str) -> UserAgent:
    return UserAgent("", "", int("".join(filter(str.isdecimal, text))[:9] or 0))


def taking_any_octets(octets: bytes) -> dict[int, bytes]:
    return {1: octets[2:8].ljust(6)} if octets else {}


BREAKS: list[tuple[str, str, object]] = [
    ("reader", "tests.fuzz.reader.find", splitting_on_commas),
    ("reader", "tests.fuzz.reader.find", stripping_every_space),
    ("envelope", "cookie_sessions.envelope.parse", taking_padding),
    ("envelope", "cookie_sessions.envelope.peek", lambda text: None),
    ("codec", "cookie_sessions.codec.Codec.from_wire", raising_key_error),
    ("snapshot", "tests.fuzz.snapshot.verified", taking_any_token),
    ("snapshot", "cookie_sessions.revocation.snapshot.table.bisect_left", lambda _, n: n),
    ("codec", "cookie_sessions.codec.Codec.load_payload", dropping_a_value),
    ("codec", "cookie_sessions.claims.Claims.from_octets", staticmethod(dropping_unknown_claims)),
    ("codec", "cookie_sessions.codec.shrink.MAX_JWT_PART", 1 << 30),
    ("codec", "cookie_sessions.codec.table.MAX_KEYS", 1 << 30),
    ("signed", "cookie_sessions.flask.signed._inflate", zlib.decompress),
    ("signed", "cookie_sessions.flask.signed.check_form", lambda text: None),
    ("handoff", "cookie_sessions.handoff._SIMPLE", frozenset({list, dict, str, int})),
    ("handoff", "cookie_sessions.handoff.hmac.compare_digest", lambda one, other: True),
    ("authorization", "cookie_sessions.authorization._BLANKS", " \t\xa0"),
    ("authorization", "tests.fuzz.authorization.token_in", lambda header: header[8:] or None),
    ("authorization", "cookie_sessions.token.PURPOSE", "session"),
    ("inspected", "cookie_sessions.cli.inspect.pasted.merged", setting_every_pair),
    ("inspected", "cookie_sessions.cli.inspect.clear.parse", taking_padding),
    ("inspected", "cookie_sessions.cli.inspect.har.printable", escaping_nothing),
    ("inspected", "cookie_sessions.cli.inspect.header.is_token", lambda name: True),
    ("without", "tests.fuzz.without.without", taking_out_by_commas),
    ("without", "cookie_sessions.cookies.reader._BLANKS", " \t\x85\xa0"),
    ("split", "tests.fuzz.split.join", lambda head, *, name, find: head[2:]),
    ("split", "tests.fuzz.split.split", lambda text, *, room: [text]),
    ("split", "tests.fuzz.split.join", joining_whatever_is_there),
    ("session", "cookie_sessions.session.Session._hand_out", handing_out_what_is_damaged),
    ("session", "cookie_sessions.arrival.Arrival._find", lambda self, name: (self.header,)),
    ("jwk_set", "cookie_sessions.keys.jwk_set._Entry.read", forgetting_revocation),
    ("jwk_set", "cookie_sessions.keys.jwk_set._Entry.may_revoke", False),
    ("jwk_set", "cookie_sessions.keys.jwk_set.as_member", forgetting_dates),
    ("shelf", "cookie_sessions.dictionaries.shelf._is_number", lambda value: True),
    ("shelf", "cookie_sessions.dictionaries.trained._loads", lambda octets: True),
    ("csrf_token", "cookie_sessions.csrf._octets", lambda text: b"\1" + bytes(68)),
    ("csrf_token", "cookie_sessions.crypto.Mac.matches", lambda *_: True),
    ("csrf_token", "cookie_sessions.keys.KeyRing.get", lambda ring, kid: ring.primary),
    ("csrf_origin", "cookie_sessions.csrf.parse_origin", stripping_a_path),
    ("csrf_origin", "cookie_sessions.csrf._FROM_HERE", frozenset({"same-origin", "same-site"})),
    ("csrf_origin", "cookie_sessions.csrf._DEFAULT_PORTS", {}),
    ("user_agent", "cookie_sessions.policy.user_agent._parsed", taking_any_version),
    ("user_agent", "cookie_sessions.policy.user_agent.MAX_CHARACTERS", 1 << 30),
    ("bindings", "cookie_sessions.policy.binding._entries", taking_any_octets),
    ("bindings", "cookie_sessions.policy.binding.MAX_OCTETS", 1 << 10),
    ("bindings", "cookie_sessions.policy.binding._MOVING", frozenset()),
    ("gateway_event", "cookie_sessions.gateway.reading._COOKIE", "Cookie"),
    ("gateway_event", "cookie_sessions.gateway.reading._without_null", lambda fields: fields),
    ("gateway_event", "cookie_sessions.gateway.reading._list", lambda value, name: value),
]


@pytest.mark.parametrize(("target", "place", "broken"), BREAKS)
def test_every_target_can_fail(
    target: str, place: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not fails(TARGETS[target])
    monkeypatch.setattr(place, broken)
    assert fails(TARGETS[target])


def test_every_target_is_broken_in_some_way() -> None:
    assert {target for target, *_ in BREAKS} == set(TARGETS)
