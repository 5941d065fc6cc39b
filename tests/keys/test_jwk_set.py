"""A ring file is read exactly, and each fault names its entry and its remedy, never the key."""

from __future__ import annotations

import base64
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import MAX_RING_OCTETS, Key, KeyRing, new_jwk_set, parse_jwk_set
from tests.keys.secrecy import reveals, shown

MATERIALS = [bytes(range(start, start + 32)) for start in (10, 60, 110, 160)]
KEYS = [Key(material) for material in MATERIALS]
ORIGIN = "file:/etc/ring.json"


def _text(material: bytes) -> str:
    return base64.urlsafe_b64encode(material).decode().rstrip("=")


def _entry(number: int, /, **members: Any) -> dict[str, Any]:
    return {"kty": "oct", "alg": "XAES-256-GCM", "k": _text(MATERIALS[number]), **members}


def _parse(*entries: Any) -> KeyRing:
    return parse_jwk_set(json.dumps({"keys": entries}), origin=ORIGIN)


def test_states_decide_who_seals_and_who_opens() -> None:
    entries = [
        _entry(1, kid="winter", state="open-only"),
        _entry(2, kid="leaked", state="revoked"),
        _entry(0, kid="spring", state="primary"),
        _entry(3, state="open-only"),
    ]
    for order in (entries, entries[::-1]):
        ring = _parse(*order)
        assert ring.primary == KEYS[0]
        assert ring.primary.label == "spring"
        assert set(ring) == {KEYS[0], KEYS[1], KEYS[3]}
        assert ring.revoked == {KEYS[2].kid}
        assert ring.get(KEYS[2].kid) is None


def test_a_key_without_a_state_is_primary() -> None:
    assert _parse(_entry(0)).primary == KEYS[0]
    assert _parse(_entry(1, state="open-only"), _entry(0)).primary == KEYS[0]


def test_algorithm_and_label_may_be_absent_and_unknown_members_are_ignored() -> None:
    ring = _parse({"kty": "oct", "k": _text(MATERIALS[0]), "use": "enc", "x-note": {"a": [1]}})
    assert ring.primary == KEYS[0]
    assert ring.primary.label == ""


def test_octets_with_and_without_a_byte_order_mark_are_read_as_text_is() -> None:
    text = json.dumps({"keys": [_entry(0)], "version": 1})
    for form in (text, text.encode(), text.encode("utf-8-sig"), " \n" + text + "\n"):
        assert parse_jwk_set(form, origin=ORIGIN).primary == KEYS[0]


def test_equal_open_only_keys_are_one() -> None:
    assert len(_parse(_entry(0), _entry(1, state="open-only"), _entry(1, state="open-only"))) == 2


SECRET = _text(MATERIALS[0])


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "no key.*Add one"),
        ([_entry(0, state="open-only")], "none of the 1 keys is primary"),
        ([_entry(0, state="revoked")], "none of the 1 keys is primary.*not a revoked one"),
        ([_entry(0, state="open-only"), _entry(1, state="revoked")], "none of the 2 keys"),
        ([_entry(0), _entry(1)], 'entry 1 is a second primary.*"open-only"'),
        (
            [_entry(0, state="primary", kid="a"), _entry(1, kid="b")],
            "entry 1 \\('b'\\) is a second primary",
        ),
        ([_entry(0, kid="a"), _entry(1, kid="a", state="open-only")], "entry 1 \\('a'\\).*entry 0"),
        ([_entry(0), _entry(0, state="revoked")], "both in use and revoked"),
        ([_entry(0, state="open-only"), _entry(1), _entry(0, state="revoked")], "both in use"),
        ([_entry(0, state="Primary")], 'entry 0 has an unknown state.*"primary", "open-only"'),
        ([_entry(0, state=None)], "unknown state"),
        ([_entry(0, state=["primary"])], "unknown state"),
        ([_entry(0, state=SECRET)], "unknown state"),
        ([_entry(0, nbf=1_700_000_000)], 'entry 0 has the member "nbf".*no dates.*Remove'),
        ([_entry(0, exp=None, kid="a")], "entry 0 \\('a'\\) has the member \"exp\""),
        ([_entry(0), _entry(1, state="revoked", exp=1)], 'entry 1 has the member "exp"'),
        ([_entry(0, kty="RSA")], 'entry 0 is not of the type "oct"'),
        ([_entry(0, kty=None)], 'entry 0 is not of the type "oct"'),
        ([{"k": SECRET}], 'entry 0 is not of the type "oct"'),
        ([_entry(0, alg="A256GCM")], 'another algorithm.*"XAES-256-GCM"'),
        ([_entry(0, alg=None)], "another algorithm"),
        ([{"kty": "oct"}], 'entry 0 has no "k"'),
        ([_entry(0, k=None)], 'entry 0 has no "k"'),
        ([_entry(0, k=list(MATERIALS[0]))], 'entry 0 has no "k"'),
        ([_entry(0, k="")], "0 octets of key instead of 32"),
        ([_entry(0, k=_text(MATERIALS[0][:7]))], "7 octets of key instead of 32"),
        ([_entry(0, k=_text(MATERIALS[0][:31]))], "31 octets of key instead of 32"),
        ([_entry(0, k=_text(MATERIALS[0] + b"x"))], "33 octets of key instead of 32"),
        ([_entry(0, k=SECRET + "X")], "33 octets of key instead of 32"),
        ([_entry(0, k=MATERIALS[0].hex())], "48 octets of key instead of 32"),
        ([_entry(0, k=SECRET[:-2])], "not canonical base64url"),
        ([_entry(0, k=SECRET + "=")], "not canonical base64url"),
        ([_entry(0, k=SECRET + "\n")], "not canonical base64url"),
        ([_entry(0, k=" " + SECRET)], "not canonical base64url"),
        ([_entry(0, k=SECRET + "!")], "not canonical base64url"),
        ([_entry(0, k=SECRET + "A")], "octets of key|not canonical base64url"),
        ([_entry(0, k=SECRET[:-1] + "n")], "not canonical base64url"),
        ([_entry(0, k="ä" + SECRET[1:])], "not canonical base64url"),
        ([_entry(0, k="+/" + SECRET[2:])], "not canonical base64url"),
        ([_entry(0, k="\ud800")], "not canonical base64url"),
        ([_entry(0, kid=5)], 'entry 0 has a "kid" that is not a label'),
        ([_entry(0, kid=SECRET)], 'entry 0 has a "kid" that is not a label'),
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
        ("[" * 100_000, "nested too deeply"),
        ('{"keys": [' + "9" * 5000 + "]}", "too long|not a JSON object"),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_what_is_no_jwk_set_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"(?s)^{ORIGIN}: .*({said})") as caught:
        parse_jwk_set(text, origin=ORIGIN)
    assert SECRET[2:-2] not in shown(caught.value)


def test_the_size_of_a_ring_is_bounded() -> None:
    assert MAX_RING_OCTETS == 2**20
    text = json.dumps({"keys": [_entry(0)]})
    assert parse_jwk_set(text.ljust(MAX_RING_OCTETS), origin=ORIGIN).primary == KEYS[0]
    for large in (text.ljust(MAX_RING_OCTETS + 1), b"\xff" * (MAX_RING_OCTETS + 1)):
        with pytest.raises(ConfigurationError, match="octets"):
            parse_jwk_set(large, origin=ORIGIN)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["keys", "kty", "k", "alg", "kid", "state", "nbf", "x"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_json_that_is_no_ring_is_a_configuration_error(document: Any) -> None:
    for text in (json.dumps({"keys": document}), json.dumps(document)):
        with pytest.raises(ConfigurationError, match=f"^{ORIGIN}: "):
            parse_jwk_set(text, origin=ORIGIN)


@given(st.binary(max_size=64))
def test_octets_that_are_no_ring_are_a_configuration_error(octets: bytes) -> None:
    with pytest.raises(ConfigurationError):
        parse_jwk_set(octets, origin=ORIGIN)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5, unique=True))
def test_a_ring_written_as_a_jwk_set_is_read_back(materials: list[bytes]) -> None:
    states = ["primary", *["open-only"] * len(materials)]
    entries = [
        {"kty": "oct", "k": _text(material), "state": state}
        for material, state in zip(materials, states, strict=False)
    ]
    ring = _parse(*entries)
    assert ring.primary == Key(materials[0])
    assert list(ring) == [Key(material) for material in materials]


def test_a_new_ring_has_one_fresh_primary_key() -> None:
    texts = [new_jwk_set() for _ in range(4)]
    rings = [parse_jwk_set(text, origin=ORIGIN) for text in texts]
    assert len({ring.primary.kid for ring in rings}) == 4
    for text, ring in zip(texts, rings, strict=True):
        assert len(ring) == 1
        assert ring.primary.label == ring.primary.kid.hex()
        members = json.loads(text)["keys"][0]
        assert text == json.dumps({"keys": [members]}, indent=2) + "\n"
        assert members["state"] == "primary"
        assert (members["kty"], members["alg"]) == ("oct", "XAES-256-GCM")


def test_a_new_key_is_drawn_again_if_its_id_is_taken() -> None:
    class FirstTwo:
        def __init__(self) -> None:
            self.asked: list[object] = []

        def __contains__(self, kid: object) -> bool:
            self.asked.append(kid)
            return len(self.asked) <= 2

    taken = FirstTwo()
    ring = parse_jwk_set(new_jwk_set(avoid=taken), origin=ORIGIN)
    assert len(set(taken.asked)) == 3
    assert ring.primary.kid == taken.asked[-1]


def test_nothing_is_warned_about() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _parse(_entry(0))
