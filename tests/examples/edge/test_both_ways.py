"""Python seals and JavaScript opens; JavaScript seals and Python opens."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookie_sessions.claims import Claims
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.errors import Reason, Rejected, SessionTooLarge
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy import Timeouts
from tests.codec.sameness import same
from tests.codec.strategies import KEYS, VALUES
from tests.examples.edge.edge import SAFE, Edge, NoFormError, form, sorted_sets, subkeys
from tests.examples.edge.site import PRIMARY, cookies_of, header, opened, options, stored
from tests.examples.edge.test_vectors import is_left
from tests.plain import HOUR, START, Site, key

MANY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.sampled_from(["session", "__Host-session", "a", "!#$%&'*+-.^_`|~"])
AUDIENCES = st.sampled_from(["", "shop.example", "Läden 世界"])

# What JavaScript writes: an integral float would come back as an int.
WRITTEN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    .filter(lambda value: value != value or not value.is_integer() or value == 0)
    .filter(lambda value: str(value) != "0.0")
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=30,
)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch, profile="granian")


def ways(wires: Mapping[Any, Any], values: dict[Any, Any]) -> tuple[list[Any], int]:
    """What JavaScript reads of a session, and how many values it leaves."""
    read = []
    # In their order: a Decimal that is no number is not found under its like.
    for (name, value), wire in zip(values.items(), wires.values(), strict=True):
        try:
            if type(wire) is bytes and is_left(wire):
                raise NoFormError
            read.append([form(name), form(value)])
        except NoFormError:
            pass
    return read, len(values) - len(read)


def has_no_form_in_a_set(value: object) -> bool:
    """Whether a set or a key holds several NaN or a -0.0, of which JavaScript has one or none."""
    if isinstance(value, dict):
        return odd(value) or any(map(has_no_form_in_a_set, [*value, *value.values()]))
    if isinstance(value, (set, frozenset)):
        return odd(value) or any(map(has_no_form_in_a_set, value))
    return isinstance(value, (list, tuple)) and any(map(has_no_form_in_a_set, value))


def odd(items: Any) -> bool:
    floats = [item for item in items if type(item) is float]
    return any(str(item) == "-0.0" for item in floats) or sum(f != f for f in floats) > 1


@MANY
@given(
    values=st.dictionaries(KEYS, VALUES, max_size=6),
    name=NAMES,
    audience=AUDIENCES,
    filler=st.sampled_from([0, 0, 3000, 6000, 9000]),
)
def test_what_python_seals_opens_with_equal_values(
    edge: Edge, values: dict[Any, Any], name: str, audience: str, filler: int
) -> None:
    if filler:
        values["filler"] = random.Random(filler).randbytes(filler)
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch, audience=audience, profile="granian")
        site.cookie = CookieAttributes(name)
        try:
            line = stored(site, values)
        except SessionTooLarge:
            return
        session = opened(site, line)
        content = session._content
    if content is None:
        assert not values
        return
    told = edge.ask("open", header=line, options=options(name=name, audience=audience))
    assert (told["claims"]["sid"], told["sealedAt"]) == (content.claims.sid.hex(), int(START))
    assert told["claims"]["until"] == str(content.claims.until)
    assert len(told["values"]) + len(told["unread"]) == len(values)
    if has_no_form_in_a_set(values):
        return
    read, left = ways(content.wires, values)
    assert sorted_sets(told["values"]) == sorted_sets(read)
    assert len(told["unread"]) == left


def test_a_session_in_three_cookies_opens(edge: Edge, site: Site) -> None:
    octets = random.Random(1).randbytes(7000)
    line = stored(site, {"blob": octets, "user_id": 7})
    assert line.count("session.") == 2
    told = edge.ask("open", header=line, options=options())
    assert told["values"] == [["blob", {"octets": octets.hex()}], ["user_id", form(7)]]


def begun(edge: Edge, values: dict[str, Any], **more: Any) -> str:
    """The Cookie header of a session that the edge began."""
    given = {"begin": {}, "header": None, "set": form(values)}
    sealed = edge.ask("seal", **given, options=options(kid=PRIMARY, **more))
    return header(sealed["cookies"])


@MANY
@given(values=st.dictionaries(st.text(), WRITTEN, max_size=6), name=NAMES, audience=AUDIENCES)
def test_what_javascript_seals_opens_in_python_with_equal_values(
    edge: Edge, values: dict[str, Any], name: str, audience: str
) -> None:
    line = begun(edge, values, name=name, audience=audience)
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch, audience=audience, profile="granian")
        site.cookie = CookieAttributes(name)
        session = opened(site, line)
        assert site.reasons == []
        assert same(dict(session), values)
        assert session._content is not None
        assert session._content.claims.until == int(START) + HOUR


def test_a_number_without_a_fraction_becomes_an_int(edge: Edge, site: Site) -> None:
    session = opened(site, begun(edge, {"total": 2.0, "share": 0.5}))
    assert same(dict(session), {"total": 2, "share": 0.5})


def test_a_session_that_javascript_splits_opens_in_python(edge: Edge, site: Site) -> None:
    octets = random.Random(2).randbytes(7000)
    line = begun(edge, {"blob": octets})
    assert line.count("session.") == 2
    assert line.startswith("session.1=")
    assert dict(opened(site, line)) == {"blob": octets}


def test_what_does_not_fit_eight_cookies_is_no_session(edge: Edge) -> None:
    given = {"begin": {}, "header": None, "set": form({"blob": bytes(30_000)})}
    said = edge.say("seal", **given, options=options(kid=PRIMARY))
    assert said["error"].startswith("RangeError: The session does not fit its cookies")


def test_a_renewed_session_keeps_all_that_was_not_changed(edge: Edge, site: Site) -> None:
    """Compressed values, types that JavaScript lacks, odd keys and claims of another release."""
    site.keys = KeyRing(key(2))
    values = {"cart": [{"sku": "A1"}] * 50, "seen": {1, 2}, ("a", 1): 1.0, "theme": "light"}
    claims = Claims.begin(now=START, until=int(START) + 60)
    claims = claims._replace(subject=b"tmara", bindings=b"bound", unknown=((0x42, b"kept"),))
    wires = {
        name: site.codec.to_wire(name, value, site.codec.pack(value))
        for name, value in values.items()
    }
    line = f"session={site.forge(site.payload(wires, claims=claims))}"
    keys = subkeys(key(1), key(2))
    given = options(kid=PRIMARY, subkeys=keys, now=START + 50)
    changed = form({"theme": "dark", "added": 1})
    sealed = edge.ask("seal", header=line, set=changed, begin=None, options=given)
    site.keys = KeyRing(key(1), key(2))
    site.now = START + 100
    session = opened(site, header(sealed["cookies"]))
    assert same(dict(session), {**values, "theme": "dark", "added": 1})
    content = session._content
    assert content is not None
    assert content.claims == claims._replace(
        until=int(START) + 50 + HOUR, former_kids=(key(2).kid,)
    )
    assert dict(content.wires) | {"theme": "light"} == wires | {"added": 1}


def test_a_removed_value_is_gone_and_unused_chunks_are_named(edge: Edge, site: Site) -> None:
    line = stored(site, {"blob": random.Random(3).randbytes(7000), "user_id": 7})
    given = options(kid=PRIMARY, remove=["blob"])
    sealed = edge.ask("seal", header=line, set=form({}), begin=None, options=given)
    assert dict(opened(site, header(sealed["cookies"]))) == {"user_id": 7}
    assert sealed["unused"] == [f"session.{index}" for index in range(1, 8)]


def test_the_absolute_end_is_not_moved_and_that_of_a_remembered_session_stays(
    edge: Edge, site: Site
) -> None:
    remembered = Claims.begin(now=START, until=int(START) + 9000)._replace(lasts=9000)
    for claims, ends in ((remembered._replace(lasts=None), 5000), (remembered, 9000)):
        line = f"session={site.forge(site.payload({'a': 1}, claims=claims))}"
        given = options(kid=PRIMARY, now=START + 3000, absolute=5000, remember=10_000)
        sealed = edge.ask("seal", header=line, set=form({}), begin=None, options=given)
        site.now = START + 3000
        site.timeouts = Timeouts(idle=HOUR, absolute=5000, remember=10_000)
        content = opened(site, header(sealed["cookies"]))._content
        assert content is not None
        assert content.claims.until == int(START) + ends
        site.now = START


def test_a_refreshable_session_stays_one(edge: Edge, site: Site) -> None:
    session = site.arrive()
    session["_permanent"] = True
    line = cookies_of(site.respond(session))
    given = options(kid=PRIMARY)
    sealed = edge.ask("seal", header=line, set=form({}), begin=None, options=given)
    content = opened(site, header(sealed["cookies"]))._content
    assert content is not None
    assert content.head.refreshable


def test_only_strings_are_written_as_keys(edge: Edge) -> None:
    given = {"begin": {}, "header": None, "set": {"map": [[form(5), 1]]}}
    said = edge.say("seal", **given, options=options(kid=PRIMARY))
    assert said["error"] == "TypeError: Only strings are written here as keys."


@pytest.mark.parametrize("kid", [None, "", "0a1b2c3d", "constructor"])
def test_without_a_key_to_seal_with_nothing_is_sealed(edge: Edge, kid: str | None) -> None:
    given = {"begin": {}, "header": None, "set": form({"a": 1})}
    said = edge.say("seal", **given, options=options(kid=kid))
    assert said["error"].startswith("TypeError: To seal, name the kid")


@pytest.mark.parametrize("value", [{"list": [{"bigint": str(2**64)}]}, "\udcff"])
def test_what_javascript_can_not_write_is_refused_before_anything_is_sealed(
    edge: Edge, value: Any
) -> None:
    given = {"begin": {}, "header": None, "set": {"map": [["a", value]]}}
    assert "error" in edge.say("seal", **given, options=options(kid=PRIMARY))


def test_a_large_integer_is_read_as_one(edge: Edge, site: Site) -> None:
    values = {"a": SAFE, "b": SAFE + 1, "c": -(2**64), "d": [2**70]}
    told = edge.ask("open", header=stored(site, values), options=options())
    assert dict(told["values"]) == {name: form(value) for name, value in values.items()}


def test_what_javascript_would_alter_is_left_unread(edge: Edge, site: Site) -> None:
    values = {"zero": {-0.0}, "nan": {float("nan"), -float("nan")}, "keys": {-0.0: 1}, "one": {1.5}}
    told = edge.ask("open", header=stored(site, values), options=options())
    assert told["unread"] == ["zero", "nan", "keys"]
    assert told["values"] == [["one", {"set": [form(1.5)]}]]


def test_a_byte_order_mark_stays_where_it_is(edge: Edge, site: Site) -> None:
    values = {"a": "\ufeffx", "\ufeffb": ["\ufeff"]}
    told = edge.ask("open", header=stored(site, values), options=options())
    assert dict(told["values"]) == {name: form(value) for name, value in values.items()}


def test_another_audience_name_or_key_opens_nothing(edge: Edge, site: Site) -> None:
    line = stored(site, {"user_id": 7})
    elsewhere: list[tuple[str, dict[str, Any], Reason]] = [
        (line, {"audience": "b"}, Reason.BAD_SEAL),
        (line.replace("session=", "b="), {"name": "b"}, Reason.BAD_SEAL),
        (line, {"subkeys": subkeys(key(2))}, Reason.UNKNOWN_KID),
        (line, {"subkeys": {PRIMARY: subkeys(key(2))[key(2).kid.hex()]}}, Reason.BAD_SEAL),
        (line, {"revoked": [PRIMARY]}, Reason.KEY_REVOKED),
    ]
    for sent, more, reason in elsewhere:
        with pytest.raises(Rejected) as refusal:
            edge.ask("open", header=sent, options=options(**more))
        assert refusal.value.reason is reason
