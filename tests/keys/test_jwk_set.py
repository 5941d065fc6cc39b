"""A ring file is read exactly, and each fault names its entry and its remedy, never the key."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import (
    MAX_RING_OCTETS,
    Key,
    KeyEntry,
    KeySet,
    Mark,
    change,
    dump_jwk_set,
    new_jwk_set,
    parse_jwk_set,
    parse_leniently,
)
from tests.keys.secrecy import reveals, shown

MATERIALS = [bytes(range(start, start + 32)) for start in (10, 60, 110, 160)]
KEYS = [Key(material) for material in MATERIALS]
ORIGIN = "file:/etc/ring.json"
NOW = 1_900_000_000


def _text(material: bytes) -> str:
    return base64.urlsafe_b64encode(material).decode().rstrip("=")


def _entry(number: int, /, **members: Any) -> dict[str, Any]:
    return {"kty": "oct", "alg": "XAES-256-GCM", "k": _text(MATERIALS[number]), **members}


def _tombstone(number: int, /, **members: Any) -> dict[str, Any]:
    return {"kty": "oct", "state": "revoked", "key_id": KEYS[number].kid.hex(), **members}


def _parse(*entries: Any, **settings: Any) -> KeySet:
    return parse_jwk_set(json.dumps({**settings, "keys": entries}), origin=ORIGIN)


def test_states_decide_who_seals_and_who_opens() -> None:
    entries = [
        _entry(1, kid="winter", state="open-only"),
        _entry(2, kid="leaked", state="revoked"),
        _entry(0, kid="spring", state="primary"),
        _entry(3, state="open-only"),
    ]
    for order in (entries, entries[::-1]):
        ring = _parse(*order).ring(NOW)
        assert ring.primary == KEYS[0]
        assert ring.primary.label == "spring"
        assert set(ring) == {KEYS[0], KEYS[1], KEYS[3]}
        assert ring.revoked == {KEYS[2].kid}
        assert ring.get(KEYS[2].kid) is None


def test_a_key_without_a_state_is_primary() -> None:
    assert _parse(_entry(0)).ring(NOW).primary == KEYS[0]
    assert _parse(_entry(1, state="open-only"), _entry(0)).ring(NOW).primary == KEYS[0]


def test_dates_decide_who_seals_among_keys_without_a_state() -> None:
    entries = [_entry(0), _entry(1, nbf=NOW - 10), _entry(2, nbf=NOW + 10, state="primary")]
    for order in (entries, entries[::-1]):
        keys = _parse(*order)
        primaries = [keys.ring(now).primary for now in (NOW - 11, NOW - 10, NOW + 9, NOW + 10)]
        assert primaries == [KEYS[0], KEYS[1], KEYS[1], KEYS[2]]


def test_dates_are_read_from_their_members() -> None:
    (entry,) = _parse(_entry(0, iat=NOW - 5, nbf=0, exp=253_402_300_799)).entries
    assert (entry.created, entry.seals_from, entry.opens_until) == (NOW - 5, 0, 253_402_300_799)
    (entry,) = _parse(_entry(0, iat=1.9e9, nbf=None)).entries
    assert (entry.created, entry.seals_from, entry.opens_until) == (NOW, None, None)
    assert type(entry.created) is int


def test_settings_of_the_set_are_read_and_have_defaults() -> None:
    keys = _parse(_entry(0))
    assert (keys.propagation, keys.longest_session, keys.rotate_every) == (3600, None, None)
    keys = _parse(_entry(0), propagation=60, longest_session=2_678_400, rotate_every=7_776_000)
    assert (keys.propagation, keys.longest_session, keys.rotate_every) == (60, 2678400, 7776000)
    keys = _parse(_entry(0), propagation=None, longest_session=None)
    assert (keys.propagation, keys.longest_session) == (3600, None)
    assert keys.other == {}


def test_a_rotation_that_would_always_be_due_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='"rotate_every" is not a number of seconds'):
        _parse(_entry(0), rotate_every=0)


@pytest.mark.parametrize("name", ["propagation", "longest_session", "rotate_every"])
@pytest.mark.parametrize("value", [-1, 1.5, "3600", True, [], 253_402_300_800])
def test_a_setting_of_the_set_that_is_no_number_of_seconds_is_refused(
    name: str, value: object
) -> None:
    text = json.dumps({name: value, "keys": [_entry(0)]})
    for read in (parse_jwk_set, parse_leniently):
        said = f'^{ORIGIN}: "{name}" is not a number of seconds. Write'
        with pytest.raises(ConfigurationError, match=said):
            read(text, origin=ORIGIN)


def test_algorithm_and_label_may_be_absent_and_unknown_members_are_kept() -> None:
    keys = _parse({"kty": "oct", "k": _text(MATERIALS[0]), "use": "enc", "x-note": {"a": [1]}}, v=2)
    (entry,) = keys.entries
    assert keys.ring(NOW).primary == KEYS[0]
    assert keys.ring(NOW).primary.label == ""
    assert entry.label == KEYS[0].kid.hex()
    assert entry.other == {"use": "enc", "x-note": {"a": [1]}}
    assert keys.other == {"v": 2}
    written = json.loads(dump_jwk_set(keys))
    assert (written["v"], written["keys"][0]["x-note"]) == (2, {"a": [1]})


def test_a_revoked_key_may_stand_there_without_its_material() -> None:
    keys = _parse(_entry(0), _tombstone(1, kid="leaked", iat=5))
    tombstone = keys.entries[1]
    assert (tombstone.key, tombstone.kid, tombstone.label) == (None, KEYS[1].kid, "leaked")
    assert tombstone.revoked
    assert keys.ring(NOW).revoked == {KEYS[1].kid}
    upper = {**_tombstone(1), "key_id": KEYS[1].kid.hex().upper()}
    assert _parse(_entry(0), upper).ring(NOW).revoked == {KEYS[1].kid}


def test_a_key_may_name_its_own_id() -> None:
    for state in ("primary", "revoked"):
        named = _entry(1, kid=KEYS[1].kid.hex(), key_id=KEYS[1].kid.hex(), nbf=5, state=state)
        assert _parse(_entry(0), named).entries[1].key == KEYS[1]


def test_octets_with_and_without_a_byte_order_mark_are_read_as_text_is() -> None:
    text = json.dumps({"keys": [_entry(0)], "version": 1})
    for form in (text, text.encode(), text.encode("utf-8-sig"), " \n" + text + "\n"):
        assert parse_jwk_set(form, origin=ORIGIN).ring(NOW).primary == KEYS[0]


SECRET = _text(MATERIALS[0])

FAULTS: list[tuple[dict[str, Any], str]] = [
    (_entry(0, state="Primary"), 'entry 0 has an unknown state.*"primary", "open-only"'),
    (_entry(0, state=None), "unknown state"),
    (_entry(0, state=["primary"]), "unknown state"),
    (_entry(0, state=SECRET), "unknown state"),
    (_entry(0, nbf="2030-01-01"), 'entry 0 has a "nbf" that is no date.*seconds since'),
    (_entry(0, exp=-1, kid="a"), "entry 0 \\('a'\\) has a \"exp\" that is no date"),
    (_entry(0, exp=253_402_300_800), '"exp" that is no date'),
    (_entry(0, iat=1.5), '"iat" that is no date'),
    (_entry(0, iat=True), '"iat" that is no date'),
    (_entry(0, nbf=[NOW]), '"nbf" that is no date'),
    (_entry(0, kty="RSA"), 'entry 0 is not of the type "oct"'),
    (_entry(0, kty=None), 'entry 0 is not of the type "oct"'),
    ({"k": SECRET}, 'entry 0 is not of the type "oct"'),
    (_entry(0, alg="A256GCM"), 'another algorithm.*"XAES-256-GCM"'),
    (_entry(0, alg=None), "another algorithm"),
    ({"kty": "oct"}, 'entry 0 has no "k"'),
    (_entry(0, k=None), 'entry 0 has no "k"'),
    (_entry(0, k=list(MATERIALS[0])), 'entry 0 has no "k"'),
    (_entry(0, k=""), "0 octets of key instead of 32"),
    (_entry(0, k=_text(MATERIALS[0][:7])), "7 octets of key instead of 32"),
    (_entry(0, k=_text(MATERIALS[0][:31])), "31 octets of key instead of 32"),
    (_entry(0, k=_text(MATERIALS[0] + b"x")), "33 octets of key instead of 32"),
    (_entry(0, k=SECRET + "X"), "33 octets of key instead of 32"),
    (_entry(0, k=MATERIALS[0].hex()), "48 octets of key instead of 32"),
    (_entry(0, k=SECRET[:-2]), "not canonical base64url"),
    (_entry(0, k=SECRET + "="), "not canonical base64url"),
    (_entry(0, k=SECRET + "\n"), "not canonical base64url"),
    (_entry(0, k=" " + SECRET), "not canonical base64url"),
    (_entry(0, k=SECRET + "!"), "not canonical base64url"),
    (_entry(0, k=SECRET + "A"), "octets of key|not canonical base64url"),
    (_entry(0, k=SECRET[:-1] + "n"), "not canonical base64url"),
    (_entry(0, k="ä" + SECRET[1:]), "not canonical base64url"),
    (_entry(0, k="+/" + SECRET[2:]), "not canonical base64url"),
    (_entry(0, k="\ud800"), "not canonical base64url"),
    (_entry(0, kid=5), 'entry 0 has a "kid" that is not a label'),
    (_entry(0, kid=SECRET), 'entry 0 has a "kid" that is not a label'),
    (_entry(0, kid=SECRET + "="), 'entry 0 has a "kid" that is not a label'),
    (_entry(0, kid=f"key {SECRET}"), 'entry 0 has a "kid" that is not a label'),
    # The two were taken for each other, or the label is the key in another form.
    ({"kty": "oct", "kid": SECRET, "k": "winter"}, 'entry 0 has a "k"|entry 0 has 4 octets'),
    ({"kty": "oct", "kid": SECRET}, 'entry 0 has no "k"'),
    ({"kty": "oct", "kid": SECRET, "k": SECRET + "="}, "entry 0 has .*not canonical base64url"),
    (_entry(1, kid=SECRET, exp=-1), "entry 0 has a .exp. that is no date"),
    (_entry(0, kid=KEYS[1].kid.hex()), "is not its own.*nobody revokes the wrong key"),
    (_entry(0, key_id=KEYS[1].kid.hex()), '"key_id" that is not that of its key.*Remove'),
    (_entry(0, state="revoked", key_id=KEYS[1].kid.hex()), '"key_id" that is not that of its'),
    (_tombstone(1, key_id="1234567"), 'has neither "k" nor a "key_id" of eight'),
    (_tombstone(1, key_id="1234567g"), "eight hexadecimal digits.*Write the id"),
    (_tombstone(1, key_id=12345678), "eight hexadecimal digits"),
    ({"kty": "oct", "state": "revoked"}, "eight hexadecimal digits"),
    (_tombstone(1, kid=KEYS[2].kid.hex()), "is not its own"),
    (_tombstone(1, state="open-only"), 'has no "k"'),
]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        *(([faulty], said) for faulty, said in FAULTS),
        ([], "no key.*Add one"),
        ([_entry(0), _entry(1)], f"'{KEYS[0].kid.hex()}' and '{KEYS[1].kid.hex()}' are both prim"),
        ([_entry(0, nbf=5, kid="a"), _entry(1, nbf=5, kid="b")], "'a' and 'b' are both primary"),
        ([_entry(0), _entry(1, nbf=5), _entry(2, nbf=5, state="primary")], 'a later "nbf"'),
        ([_entry(0, kid="a"), _entry(1, kid="a", state="open-only")], "entry 1 \\('a'\\).*entry 0"),
        ([_entry(0), _entry(1, state="open-only"), _entry(1, state="open-only")], "the key id"),
        ([_entry(0), _entry(0, state="revoked")], "have the key id.*keep the revoked one"),
        ([_entry(0), _entry(1, nbf=5), _tombstone(1)], "have the key id.*keep the revoked one"),
        ([SECRET], "entry 0 is not a JSON object"),
        ([_entry(0), None], "entry 1 is not a JSON object"),
        ([[_entry(0)]], "entry 0 is not a JSON object"),
    ],
)
def test_a_faulty_entry_is_named_with_its_remedy(entries: list[Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"(?s)^{ORIGIN}: .*{said}") as caught:
        _parse(*entries)
    assert not any(reveals(shown(caught.value), material) for material in MATERIALS)
    assert SECRET[2:-2] not in shown(caught.value)
    assert "None" not in str(caught.value), "it says what is wrong and what to do"


def _leniently(*entries: Any) -> tuple[KeySet, tuple[str, ...]]:
    return parse_leniently(json.dumps({"keys": entries}), origin=ORIGIN)


@pytest.mark.parametrize("damaged", [faulty for faulty, _ in FAULTS] + [SECRET, None, [_entry(0)]])
def test_a_damaged_entry_is_left_out_and_a_damaged_revocation_is_fatal(damaged: Any) -> None:
    sound = [_entry(3, state="open-only"), _tombstone(2, kid="revoked")]
    # Of these nobody can say that they revoke no key.
    fatal = isinstance(damaged, dict) and (
        damaged.get("state", "primary") not in ("primary", "open-only") or "key_id" in damaged
    )
    with pytest.raises(ConfigurationError) as caught:
        _parse(*sound, damaged)
    if fatal:
        with pytest.raises(ConfigurationError) as again:
            _leniently(*sound, damaged)
        assert str(again.value) == str(caught.value)
        return
    keys, faults = _leniently(*sound, damaged)
    assert keys == _parse(*sound)
    assert faults == (str(caught.value),)
    assert "entry 2" in faults[0]
    assert not reveals(faults[0], MATERIALS[0])


def test_every_damaged_entry_is_told_of() -> None:
    keys, faults = _leniently(_entry(0, kty="RSA"), _entry(1), _entry(2, k="AAAA", kid="short"))
    assert [entry.key for entry in keys.entries] == [KEYS[1]]
    assert [fault.partition(" has")[0].partition(" is")[0] for fault in faults] == [
        f"{ORIGIN}: entry 0",
        f"{ORIGIN}: entry 2 ('short')",
    ]


def test_a_set_whose_entries_are_sound_reads_leniently_as_it_reads_strictly() -> None:
    entries = (_entry(0, nbf=5), _entry(1, nbf=6, exp=9), _tombstone(2))
    assert _leniently(*entries) == (_parse(*entries), ())


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [_entry(0, kty="RSA")],
        [_entry(0), _entry(1)],
        [_entry(0), _entry(0, state="revoked")],
        [_entry(0), _tombstone(0)],
    ],
)
def test_what_no_entry_alone_is_to_blame_for_is_fatal_to_lenient_readers_too(
    entries: list[Any],
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{ORIGIN}: "):
        _leniently(*entries)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        (SECRET, "not JSON"),
        ('{"keys": [{"kty": "oct", "k": "' + SECRET, "not JSON.*line 1, column"),
        ('{"keys":\n [' + SECRET + "]}", "not JSON.*line 2, column"),
        ('{"keys": [{"k": "' + SECRET + '"}]} trailing', "not JSON"),
        (b'{"keys": "\xff' + SECRET.encode() + b'"}', "not UTF-8"),
        ('{"keys": "\ud800' + SECRET + '"}', "not UTF-8"),
        (('{"keys": "' + SECRET + '"}').encode("utf-16"), "not UTF-8"),
        ('{"keys": "' + SECRET + '"}', "no JWK Set"),
        ('"' + SECRET + '"', "no JWK Set"),
        ('[{"kty": "oct", "k": "' + SECRET + '"}]', "no JWK Set"),
        ('{"kty": "oct", "k": "' + SECRET + '"}', "no JWK Set"),
        ('{"keys": {"k": "' + SECRET + '"}}', "no JWK Set"),
        ('{"keys": [], "keys": [{"k": "' + SECRET + '"}]}', "two members of one name"),
        ('{"keys": [{"k": "' + SECRET + '", "state": 1, "state": 2}]}', "two members of one name"),
        ('{"keys": [NaN, "' + SECRET + '"]}', "NaN"),
        ('{"keys": [-Infinity]}', "Infinity"),
        ('{"keys": [], "note": -1e999}', "too large"),
        ("[" * 100_000, "nested too deeply"),
        ('{"keys": [' + "9" * 5000 + "]}", "too long|not a JSON object"),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_what_is_no_jwk_set_is_refused(text: str | bytes, said: str) -> None:
    for read in (parse_jwk_set, parse_leniently):
        with pytest.raises(ConfigurationError, match=rf"(?s)^{ORIGIN}: .*({said})") as caught:
            read(text, origin=ORIGIN)
        assert SECRET[2:-2] not in shown(caught.value)


def test_the_size_of_a_ring_is_bounded() -> None:
    assert MAX_RING_OCTETS == 2**20
    text = json.dumps({"keys": [_entry(0)]})
    largest = parse_jwk_set(text.ljust(MAX_RING_OCTETS), origin=ORIGIN)
    assert largest.ring(NOW).primary == KEYS[0]
    for large in (text.ljust(MAX_RING_OCTETS + 1), b"\xff" * (MAX_RING_OCTETS + 1)):
        with pytest.raises(ConfigurationError, match="octets"):
            parse_jwk_set(large, origin=ORIGIN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["keys", "kty", "k", "alg", "kid", "state", "nbf", "key_id", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_json_that_is_no_ring_is_a_configuration_error(document: Any) -> None:
    for text in (json.dumps({"keys": document}), json.dumps(document)):
        for read in (parse_jwk_set, parse_leniently):
            with pytest.raises(ConfigurationError, match=f"^{ORIGIN}: "):
                read(text, origin=ORIGIN)


@given(st.binary(max_size=64))
def test_octets_that_are_no_ring_are_a_configuration_error(octets: bytes) -> None:
    with pytest.raises(ConfigurationError):
        parse_jwk_set(octets, origin=ORIGIN)


SECONDS = st.integers(0, 253_402_300_799)
DATES = st.none() | SECONDS
OTHERS = st.dictionaries(
    # Any text that JSON can write, half surrogate pairs included, apart from our own names.
    st.text(st.characters(exclude_categories=[]), max_size=5).map(lambda name: f"x{name}"),
    st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.lists(SECONDS),
    max_size=3,
)


@st.composite
def key_sets(draw: st.DrawFn) -> KeySet:
    """Any set that a file may hold."""
    materials = draw(
        st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5, unique=True)
    )
    begins = draw(st.lists(DATES, min_size=5, max_size=5, unique=True))
    entries: list[KeyEntry] = []
    for number, (material, begin) in enumerate(zip(materials, begins, strict=False)):
        mark = draw(st.none() | st.sampled_from(Mark))
        key = Key(material)
        destroyed = mark is Mark.REVOKED and draw(st.booleans())
        entries.append(
            KeyEntry(
                kid=key.kid,
                key=None if destroyed else key,
                label=draw(
                    st.just(key.kid.hex()) | st.text(max_size=3).map(f"{number} {{}}".format)
                ),
                mark=mark,
                created=draw(DATES),
                seals_from=begin,
                opens_until=draw(DATES),
                other=draw(OTHERS),
            )
        )
    return KeySet(
        entries=tuple(entries),
        propagation=draw(SECONDS),
        longest_session=draw(DATES),
        rotate_every=draw(DATES.filter(lambda seconds: seconds != 0)),
        other=draw(OTHERS),
    )


@given(key_sets())
def test_a_set_written_as_a_jwk_set_is_read_back(keys: KeySet) -> None:
    text = dump_jwk_set(keys)
    assert parse_jwk_set(text.encode(), origin=ORIGIN) == keys
    assert parse_leniently(text, origin=ORIGIN) == (keys, ())
    assert dump_jwk_set(parse_jwk_set(text, origin=ORIGIN)) == text


def test_half_a_surrogate_pair_is_written_as_it_was_read() -> None:
    keys = _parse(_entry(0, kid="half \ud83d", note="\udc00\ud83d", face="\U0001f600"))
    text = dump_jwk_set(keys)
    assert parse_jwk_set(text.encode(), origin=ORIGIN) == keys
    assert "half \\ud83d" in text
    assert "\U0001f600" in text


@given(key_sets())
def test_a_set_and_its_entries_show_no_key(keys: KeySet) -> None:
    text = f"{keys!r} {keys} {keys.ring(NOW)!r} {keys.generation}"
    for entry in keys.entries:
        assert entry.key is None or not reveals(text, entry.key.export_material())


def test_a_new_ring_has_one_fresh_primary_key() -> None:
    texts = [new_jwk_set() for _ in range(4)]
    rings = [parse_jwk_set(text, origin=ORIGIN).ring(0) for text in texts]
    assert len({ring.primary.kid for ring in rings}) == 4
    for text, ring in zip(texts, rings, strict=True):
        assert len(ring) == 1
        assert ring.primary.label == ring.primary.kid.hex()
        members = json.loads(text)["keys"][0]
        assert text == json.dumps({"keys": [members]}, indent=2) + "\n"
        assert members.keys() == {"kty", "alg", "kid", "k"}
        assert (members["kty"], members["alg"]) == ("oct", "XAES-256-GCM")


def test_a_new_ring_may_be_dated() -> None:
    members = json.loads(new_jwk_set(now=NOW + 0.9))["keys"][0]
    assert (members["iat"], members["nbf"]) == (NOW, NOW)
    assert "exp" not in members


def test_a_new_key_is_drawn_again_if_its_id_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [MATERIALS[0], MATERIALS[0], MATERIALS[1]]
    keys = _parse(_entry(0))
    monkeypatch.setattr(os, "urandom", lambda octets: drawn.pop(0))
    assert change.add(keys, now=NOW).entries[1].key == KEYS[1]
    assert drawn == []


def test_nothing_is_warned_about() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keys = _parse(_entry(0))
        dump_jwk_set(dataclasses.replace(keys, propagation=1))
