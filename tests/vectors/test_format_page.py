"""The format's page says what the package does: names, numbers and the worked example."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import cookie_sessions.codec
from cookie_sessions import clock, crypto, csrf, envelope, handoff
from cookie_sessions.codec import MAX_VALUE_OCTETS, REFERENCE_OCTETS, compress, tags
from cookie_sessions.codec.names import STATIC_NAMES
from cookie_sessions.codec.shrink import MAX_JWT_PART
from cookie_sessions.codec.table import MAX_KEYS, MAX_ROWS, MIN_ROWS
from cookie_sessions.cookies import LIMIT, MAX_COOKIES
from cookie_sessions.cookies.split import _LEAST_ROOM, _TAG
from cookie_sessions.crypto import entry_key, entry_name
from cookie_sessions.errors import Reason
from cookie_sessions.keys import from_secret_keys
from tests.vectors import generate

PAGE = generate.FORMAT_PAGE.read_text(encoding="utf-8")


def section(name: str) -> str:
    match = re.search(rf"(?s)<!-- {name}: begin -->(.*)<!-- {name}: end -->", PAGE)
    assert match
    return match[1]


def expand(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 for at most 32 octets, from RFC 5869 alone."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def block(key: bytes, octets: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(octets)  # noqa: S305


@pytest.fixture
def example() -> dict[str, str]:
    """The rows of the worked example, by name; what follows "=" is for people."""
    rows: dict[str, str] = {}
    name = ""
    for line in section("worked example").strip().strip("`").strip().splitlines():
        name = line[:12].strip() or name
        rows[name] = rows.get(name, "") + line[13:].split(" = ")[0]
    return rows


def test_the_generated_parts_are_up_to_date() -> None:
    assert generate.page(PAGE) == PAGE


def test_the_table_of_names_is_the_one_of_the_package() -> None:
    rows = re.findall(r"\| (\d+) \| `([^`]+)` \|", section("static names"))
    assert rows == [(str(code), name) for code, name in enumerate(STATIC_NAMES)]
    assert len(STATIC_NAMES) <= 128


def test_the_worked_example_follows_from_its_inputs(example: dict[str, str]) -> None:
    row = {
        name: bytes.fromhex(text)
        for name, text in example.items()
        if "->" not in text and name not in {"text", "since", "until"}
    }
    key, nonce = row["ring key"], row["nonce N"]
    assert row["subkey K"] == expand(key, b"", b"cookie_sessions v1 subkey session", 32)
    assert row["kid"] == expand(key, b"", b"cookie_sessions v1 kid", 4)
    assert row["header"] == b"\x01" + row["flags"] + row["kid"] + row["sealed_at"]
    assert row["L"] == block(row["subkey K"], bytes(16))
    left = int.from_bytes(row["L"], "big")
    k1 = (left << 1) % (1 << 128) ^ 0x87 * (left >> 127)
    assert int.from_bytes(row["K1"], "big") == k1
    assert row["M1"] == bytes.fromhex("00015800") + nonce[:12]
    assert row["M2"] == bytes.fromhex("00025800") + nonce[:12]
    derived = b"".join(
        block(row["subkey K"], bytes(a ^ b for a, b in zip(row[m], row["K1"], strict=True)))
        for m in ("M1", "M2")
    )
    assert row["derived key"] == derived
    assert row["GCM nonce"] == nonce[12:]
    assert row["AAD"] == row["header"] + b"\x00\x07session" * 2 + b"\x00\x00"
    sealed = AESGCM(derived).encrypt(nonce[12:], row["plaintext"], row["AAD"])
    assert sealed == row["ciphertext"] + row["tag"]
    text = base64.urlsafe_b64encode(row["header"] + nonce + sealed).rstrip(b"=").decode()
    assert example["text"] == text


def test_the_worked_examples_plaintext_is_made_of_its_parts(example: dict[str, str]) -> None:
    iat = int(example["iat"], 16)
    assert example["claims"] == (
        example["sid"]
        + example["iat"]
        + leb128(int(example["since"]) - iat * 1000)
        + leb128(int(example["until"]) - iat)
    )
    values = [example[name].replace(" -> ", "") for name in ("user_id", "theme", "greeting")]
    length = f"{len(example['claims']) // 2:02x}"
    assert example["plaintext"] == length + example["claims"] + "83" + "".join(values)


def leb128(number: int) -> str:
    more, low = divmod(number, 128)
    return f"{low | 0x80:02x}" + leb128(more) if more else f"{low:02x}"


def test_the_dictionary_is_the_one_that_the_page_names() -> None:
    octets = Path(cookie_sessions.codec.__file__).with_name(compress.BUILT_IN_FILE).read_bytes()
    assert hashlib.sha256(octets).hexdigest() == compress.BUILT_IN_SHA256
    assert compress.BUILT_IN_SHA256 in PAGE
    assert f"{len(octets)} octets)" in PAGE


def test_the_page_names_every_limit() -> None:
    for limit in (
        f"longer than {envelope.MAX_TEXT_OCTETS} characters",
        f"sealed_at > now + {clock.SKEW}:",
        f"iat > now + {clock.SKEW} ",
        f"more than {MAX_VALUE_OCTETS} octets",
        f"Lists of {MIN_ROWS} to {MAX_ROWS} dicts",
        f"at most {MAX_ROWS}.",
        f"characters of all keys are at most 2^{MAX_KEYS.bit_length() - 1}.",
        f"at most {MAX_JWT_PART} octets",
        f"stands in 2 to {MAX_COOKIES} cookies",
        f"`2` to `{MAX_COOKIES}`",
        f"the characters {_TAG.start} to {_TAG.stop - 1} of the text",
        f"room is less than {_LEAST_ROOM},",
        f"a segment of {REFERENCE_OCTETS} octets",
        f"takes {LIMIT} octets less the name",
    ):
        assert limit in PAGE, limit


def test_the_page_has_every_word_that_keys_are_derived_with() -> None:
    source = Path(crypto.__file__).read_text(encoding="utf-8")
    words = re.findall(r'b"(cookie_sessions v1 [a-z ]+)"', source)
    assert len(words) == 4
    for word in words:
        assert f"`{word}`" in PAGE


def test_the_page_names_the_numbers_of_hand_offs_and_form_tokens() -> None:
    source = Path(handoff.__file__).read_text(encoding="utf-8")
    (label,) = re.findall(r'b"(cookie_sessions v1 [a-z ]+)"', source)
    assert f"`{label}`" in PAGE
    for told in (
        f"longer than {handoff.MAX_TEXT_OCTETS} characters",
        f"less than {handoff.SECONDS} seconds after sealed_at",
        f"at most {handoff.SECONDS} before it",
        f"began + {handoff.VISIT_SECONDS} or later",
        f"earlier than began - {clock.SKEW}",
        f"until began + {handoff.VISIT_SECONDS + 2 * clock.SKEW}",
        f"not {csrf.TOKEN_CHARACTERS} characters",
    ):
        assert told in PAGE, told


def test_an_entry_of_the_store_follows_the_page() -> None:
    seed = bytes(range(32))
    assert entry_name(seed) == expand(seed, b"", b"cookie_sessions v1 overflow name", 16).hex()
    assert entry_key(seed) == expand(seed, b"", b"cookie_sessions v1 overflow key", 32)


def test_the_sections_are_numbered_and_references_lead_to_them() -> None:
    numbers = [int(number) for number in re.findall(r"(?m)^## (\d+)\. ", PAGE)]
    assert numbers == list(range(1, len(numbers) + 1))
    for name, number in {
        "Split sessions": 12,
        "Overflow references": 13,
        "Static names": 15,
        "Hand-offs": 18,
        "Form tokens": 19,
        "The test vectors": 20,
    }.items():
        assert f"## {number}. {name}\n" in PAGE


def test_the_page_has_a_row_for_every_extension() -> None:
    numbers = {int(number) for number in re.findall(r"(?m)^\| (\d+) \| (?!`)", PAGE)}
    numbers |= {int(number) for number in re.findall(r"(?m)^\| (\d+) \| `[0-9a-f]{2}` ", PAGE)}
    known = {value for name, value in vars(tags).items() if name.isupper() and type(value) is int}
    assert known <= numbers


def test_a_key_from_a_secret_key_follows_the_page() -> None:
    material = expand(
        b"secret", b"cookie_sessions v1", b"cookie_sessions v1 key from secret key", 32
    )
    kid = expand(material, b"", b"cookie_sessions v1 kid", 4)
    assert from_secret_keys("secret").primary.kid == kid
    for constant in ("cookie_sessions v1 kid", "cookie_sessions v1 key from secret key"):
        assert f"`{constant}`" in PAGE


def test_the_page_says_which_reasons_stay_in_the_browser() -> None:
    from cookie_sessions.arrival import _GONE

    rows = dict(re.findall(r"(?m)^\| (`[a-z_`, ]+`) \| (stays|deleted)", PAGE))
    fates = {
        Reason(name): fate for names, fate in rows.items() for name in re.findall(r"\w+", names)
    }
    assert {reason for reason, fate in fates.items() if fate == "deleted"} == _GONE
    assert fates.keys() >= {Reason.UNKNOWN_KID, Reason.MALFORMED}
