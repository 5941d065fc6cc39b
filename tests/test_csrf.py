"""Tokens and origins: what is let through, and that all else comes out as one reason of a list."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import crypto
from cookie_sessions.csrf import (
    MAX_ORIGIN_CHARACTERS,
    PURPOSE,
    TOKEN_CHARACTERS,
    WebOrigin,
    issue,
    origin_verdict,
    parse_origin,
    token_verdict,
)
from cookie_sessions.errors import CsrfReason, Unavailable
from cookie_sessions.keys import Key, KeyRing

OLD, NEW, OTHER = (Key(bytes([number]) * 32) for number in range(3))
RING = KeyRing(OLD)
SID = bytes(range(16))
OWN = "https://shop.example"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

sids = st.binary(min_size=16, max_size=16)


def verdict(text: object, *, sid: bytes = SID, ring: KeyRing = RING) -> CsrfReason | None:
    return token_verdict(text, sid=sid, ring=ring)


# Tokens.


@given(sids)
def test_a_token_is_good_for_its_session_and_for_no_other(sid: bytes) -> None:
    text = issue(sid, ring=RING)
    assert verdict(text, sid=sid) is None
    expected = None if sid == SID else CsrfReason.TOKEN_MISMATCH
    assert verdict(text) is expected


def test_a_token_is_what_the_page_says_that_it_is() -> None:
    octets = base64.urlsafe_b64decode(issue(SID, ring=RING))
    version, kid, mask, masked = octets[:1], octets[1:5], octets[5:37], octets[37:]
    subkey = crypto.derive(OLD.export_material(), "csrf")
    expected = hmac.new(subkey, SID, hashlib.sha256).digest()
    assert (version, kid) == (b"\x01", OLD.kid)
    assert bytes(a ^ b for a, b in zip(mask, masked, strict=True)) == expected


def test_each_token_has_a_mask_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def draw(number: int) -> bytes:
        drawn.append(number)
        return bytes([len(drawn)]) * number

    monkeypatch.setattr(os, "urandom", draw)
    texts = {issue(SID, ring=RING) for _ in range(9)}
    assert drawn == [32] * 9
    # Behind the version and the key id no two have an octet in the same place.
    octets = [base64.urlsafe_b64decode(text)[5:] for text in texts]
    assert all(len(set(column)) == 9 for column in zip(*octets, strict=True))


def test_every_other_character_in_every_place_is_refused() -> None:
    text = issue(SID, ring=RING)
    assert len(text) == TOKEN_CHARACTERS
    for place, right in enumerate(text):
        for other in ALPHABET + "+/=. é\0":
            if other != right:
                changed = text[:place] + other + text[place + 1 :]
                assert verdict(changed) is not None, (place, other)


@given(st.integers(0, 68), st.integers(1, 255))
def test_a_changed_octet_has_its_own_reason(place: int, bits: int) -> None:
    octets = bytearray(base64.urlsafe_b64decode(issue(SID, ring=RING)))
    octets[place] ^= bits
    expected = CsrfReason.TOKEN_MISMATCH
    if place < 5:
        expected = CsrfReason.TOKEN_UNKNOWN_KID if place else CsrfReason.TOKEN_MALFORMED
    assert verdict(base64.urlsafe_b64encode(octets).decode()) is expected


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "=",
        lambda text: text[:-4],
        lambda text: text[:-2] + "A=",
        lambda text: text[:-2] + "==",
        lambda text: text + "AAAA",
        lambda text: " " + text[1:],
        lambda text: text[:-1] + "\n",
        lambda text: "\ud800" * TOKEN_CHARACTERS,
        lambda text: "é" * TOKEN_CHARACTERS,
        lambda text: "." * TOKEN_CHARACTERS,
        lambda text: "A" * 1_000_000,
        lambda text: text.encode(),
        lambda text: bytearray(text.encode()),
        lambda text: [text],
        lambda text: [*text],
        lambda text: None,
        lambda text: True,
        lambda text: 7,
    ],
)
def test_what_is_no_token_is_malformed(change: Any) -> None:
    assert verdict(change(issue(SID, ring=RING))) is CsrfReason.TOKEN_MALFORMED


@given(st.text(max_size=200) | st.text(ALPHABET, min_size=92, max_size=92))
def test_nothing_but_a_reason_comes_out(text: str) -> None:
    assert isinstance(verdict(text), CsrfReason)


def test_a_rotation_breaks_no_open_form() -> None:
    text = issue(SID, ring=KeyRing(OLD))
    assert verdict(text, ring=KeyRing(NEW, OLD)) is None
    # A pending key opens too: another instance may have begun to use it a little early.
    assert verdict(issue(SID, ring=KeyRing(NEW)), ring=KeyRing(OLD, NEW)) is None


def test_a_key_that_opens_no_more_verifies_no_more() -> None:
    text = issue(SID, ring=KeyRing(OLD))
    for ring, reason in (
        (KeyRing(NEW, revoked=[OLD.kid]), CsrfReason.TOKEN_KEY_REVOKED),
        (KeyRing(NEW, retired=[OLD.kid]), CsrfReason.TOKEN_KEY_RETIRED),
        (KeyRing(NEW, revoked=[OLD.kid], retired=[OLD.kid]), CsrfReason.TOKEN_KEY_REVOKED),
        (KeyRing(NEW), CsrfReason.TOKEN_UNKNOWN_KID),
        (KeyRing(None, revoked=[OLD.kid]), CsrfReason.TOKEN_KEY_REVOKED),
    ):
        assert verdict(text, ring=ring) is reason


def test_a_token_under_the_name_of_another_key_is_refused() -> None:
    octets = base64.urlsafe_b64decode(issue(SID, ring=KeyRing(OLD)))
    renamed = base64.urlsafe_b64encode(octets[:1] + OTHER.kid + octets[5:]).decode()
    assert verdict(renamed, ring=KeyRing(OLD, OTHER)) is CsrfReason.TOKEN_MISMATCH


def test_a_ring_whose_keys_are_all_revoked_makes_no_token() -> None:
    with pytest.raises(Unavailable):
        issue(SID, ring=KeyRing(None, revoked=[OLD.kid]))


def test_a_mark_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    text = issue(SID, ring=RING)
    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert verdict(text) is None
    assert verdict(text, sid=bytes(16)) is CsrfReason.TOKEN_MISMATCH
    assert compared == [(64, 64)] * 2


def test_a_mark_of_another_purpose_is_no_token() -> None:
    octets = b"\x01" + OLD.kid + OLD.mac("session").mark(SID)
    assert verdict(base64.urlsafe_b64encode(octets).decode()) is CsrfReason.TOKEN_MISMATCH
    assert OLD.mac(PURPOSE) is OLD.mac(PURPOSE)


@given(st.binary(max_size=200))
def test_a_mark_of_another_length_never_matches(marked: bytes) -> None:
    assert not OLD.mac(PURPOSE).matches(marked, SID)


def test_what_marks_shows_and_copies_nothing() -> None:
    mac = OLD.mac(PURPOSE)
    assert repr(mac) == "<Mac HMAC-SHA256>"
    with pytest.raises(TypeError, match="never pickled"):
        mac.__reduce__()
    with pytest.raises(ValueError, match="32 octets"):
        crypto.Mac(bytes(31))


# Origins.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://shop.example", WebOrigin("https", "shop.example", 443)),
        ("https://shop.example:443", WebOrigin("https", "shop.example", 443)),
        ("HTTPS://Shop.Example:8443", WebOrigin("https", "shop.example", 8443)),
        ("http://localhost:5000", WebOrigin("http", "localhost", 5000)),
        ("http://127.0.0.1", WebOrigin("http", "127.0.0.1", 80)),
        ("https://xn--bcher-kva.example", WebOrigin("https", "xn--bcher-kva.example", 443)),
        ("http://[::1]:80", WebOrigin("http", "[::1]", 80)),
        ("http://[0:0::0001]", WebOrigin("http", "[::1]", 80)),
        ("http://[::ffff:127.0.0.1]", WebOrigin("http", "[::ffff:7f00:1]", 80)),
        ("capacitor://localhost", WebOrigin("capacitor", "localhost", None)),
        ("chrome-extension://abcdef", WebOrigin("chrome-extension", "abcdef", None)),
    ],
)
def test_an_origin_is_read(text: str, expected: WebOrigin) -> None:
    read = parse_origin(text)
    # Python 3.13 and newer write an IPv4-mapped address with its dots.
    if read is not None and read.host == "[::ffff:127.0.0.1]":
        read = read._replace(host="[::ffff:7f00:1]")
    assert read == expected


NO_ORIGINS: list[Any] = [
    *("", "null", "NULL", "*", "shop.example", "//shop.example", "https:shop.example"),
    *("https://", "https:///", "https://shop.example/", "https://shop.example/path"),
    *("https://shop.example?x", "https://shop.example#x", "https://shop.example\\"),
    *("https://user@shop.example", "https://a:b@shop.example", "https://*.example"),
    *("https://shop.example:", "https://shop.example:0443", "https://shop.example:65536"),
    *("https://shop.example:99999", "https://shop.example:+1", "https://shop.example:१"),
    *(" https://shop.example", "https://shop.example ", "https://shop.example\n"),
    *("https://shop.example, https://shop.example", "https://a.example https://b.example"),
    *("https://bücher.example", "https://sh\u017fop.example", "https://\u212aelvin.example"),
    *("https://[::1", "https://::1", "https://[]", "https://[:]", "https://[1.2.3.4]"),
    *("https://[::1%25eth0]", "https://[fe80::1%eth0]", "1ttps://shop.example"),
    *("https://" + "a" * MAX_ORIGIN_CHARACTERS, "https://a\0b", "https://\ud800", None, 7, b"x"),
    ["https://shop.example"],
]


@pytest.mark.parametrize("text", NO_ORIGINS)
def test_what_is_no_origin_is_none_and_raises_nothing(text: Any) -> None:
    assert parse_origin(text) is None


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z0-9.:\[\]-]{0,20}", fullmatch=True))
def test_whatever_is_sent_an_origin_or_none_is_read(text: str) -> None:
    read = parse_origin(text)
    if read is not None:
        port = "" if read.port is None else f":{read.port}"
        assert parse_origin(f"{read.scheme}://{read.host}{port}") == read


TRUSTED = "https://admin.example:8443"


def judged(
    site: str | None = None, origin: str | None = None, *, own: str = OWN
) -> CsrfReason | None:
    trusted = parse_origin(TRUSTED)
    assert trusted is not None
    return origin_verdict(fetch_site=site, origin=origin, own=own, trusted=(trusted,))


ELSEWHERE = [
    *("https://evil.example", "http://shop.example", "https://shop.example:8443"),
    *("https://sub.shop.example", "https://shop.example.evil.example", "https://shop.example."),
    *("https://admin.example", "http://admin.example:8443", "https://admin.example:443"),
]


@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize("origin", [None, OWN, TRUSTED, "null", "nonsense", *ELSEWHERE])
def test_a_browser_that_says_it_is_from_here_is_believed(site: str, origin: str | None) -> None:
    # A page whose Referrer-Policy is no-referrer posts to itself with the Origin null.
    assert judged(site, origin) is None


@pytest.mark.parametrize(
    "site",
    [
        *("same-site", "cross-site", "", "Same-Origin", "same-origin ", "\tnone", "NONE", "null"),
        *("same-origin, cross-site", "same-origin,same-origin", "same_origin", '"none"', "é"),
    ],
)
def test_any_other_site_is_refused_unless_its_origin_is_trusted(site: str) -> None:
    assert judged(site, TRUSTED) is None
    for origin in (None, OWN, "null", "nonsense", f"{TRUSTED}, {TRUSTED}", *ELSEWHERE):
        assert judged(site, origin) is CsrfReason.CROSS_SITE


def test_without_fetch_metadata_the_origin_decides() -> None:
    for origin in (OWN, "https://shop.example:443", "https://SHOP.example", TRUSTED):
        assert judged(origin=origin) is None
    for origin in ELSEWHERE:
        assert judged(origin=origin) is CsrfReason.CROSS_ORIGIN
    assert judged(origin="null") is CsrfReason.NULL_ORIGIN
    for origin in ("", "nonsense", f"{OWN}, {OWN}", f"{OWN}/", "NULL"):
        assert judged(origin=origin) is CsrfReason.MALFORMED_ORIGIN


def test_without_both_nothing_speaks_against_a_request() -> None:
    assert judged() is None
    assert judged(own="") is None


@pytest.mark.parametrize("own", ["", "https://", "http://a b", "https://shop.example/"])
def test_an_unreadable_host_is_nobodys_origin(own: str) -> None:
    assert judged(origin=OWN, own=own) is CsrfReason.CROSS_ORIGIN
    assert judged(origin=own or "x", own=own) is CsrfReason.MALFORMED_ORIGIN
    assert judged(origin="null", own=own) is CsrfReason.NULL_ORIGIN


header = st.none() | st.text(max_size=40) | st.sampled_from([OWN, TRUSTED, "none", "cross-site"])


@given(header, header, st.text(max_size=40))
def test_no_header_brings_anything_but_a_reason(
    site: str | None, origin: str | None, own: str
) -> None:
    assert isinstance(judged(site, origin, own=own), CsrfReason | None)
