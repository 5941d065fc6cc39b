"""What docs/keys.md says of ring file, settings and events is compared with the code."""

from __future__ import annotations

import json
import re

from cookie_sessions.events import EventName
from cookie_sessions.keys import MAX_RING_OCTETS, Key, KeyEntry, dump_jwk_set, parse_jwk_set
from cookie_sessions.keys.jwk_set import as_member
from cookie_sessions.settings import PREFIX, Settings
from tests.keys import page

PLACEHOLDER = "<43 characters of base64url>"


def example() -> str:
    text: str
    (text,) = re.findall(
        r"^```json\n(.*?)^```$", page.section("The ring file"), re.DOTALL | re.MULTILINE
    )
    for octet in (1, 2):
        key = Key(bytes([octet]) * 32)
        text = text.replace(PLACEHOLDER, as_member(KeyEntry(kid=key.kid, key=key))["k"], 1)
    return text


def test_the_ring_file_of_the_page_is_one_and_is_written_back_as_it_was() -> None:
    keys = parse_jwk_set(example(), origin="the page")
    winter, spring, gone = keys.entries
    handover = spring.begins
    assert handover - winter.begins == keys.rotate_every
    assert spring.created == handover - keys.propagation
    assert keys.resolve(handover - 1).primary == winter
    assert keys.resolve(handover).primary == spring
    assert keys.resolve(handover).states[gone.kid] == "revoked"
    written = json.loads(dump_jwk_set(keys))
    written["keys"][2].pop("kid")
    assert written == json.loads(example())
    assert f"at most {MAX_RING_OCTETS:,} octets" in page.TEXT


def test_the_page_lists_the_members_that_are_written() -> None:
    document = json.loads(dump_jwk_set(parse_jwk_set(example(), origin="the page")))
    members = set(document) | {name for entry in document["keys"] for name in entry}
    cells = re.findall(r"^\|([^|]*)\|", page.section("The ring file"), re.MULTILINE)
    listed = re.findall(r"`(\w+)`", " ".join(cells))
    assert members <= set(listed)
    assert {"propagation", "exp"} <= set(listed)


def _is_of_keys(name: str) -> bool:
    others = ("SNAPSHOT", "HANDOFF")
    return ("KEYS" in name or "SIGHUP" in name) and not any(other in name for other in others)


def test_the_page_lists_the_settings_of_keys_and_their_defaults() -> None:
    rows = {row[0].strip("`"): row[2] for row in page.table("Settings")}
    known = {PREFIX + name.upper(): value for name, value in Settings._field_defaults.items()}
    assert set(rows) == {name for name in known if _is_of_keys(name)}
    for name, default in rows.items():
        value = None if default.startswith("none") else default.strip("`")
        assert value == (None if known[name] is None else str(known[name]))


def test_the_page_lists_the_events_of_keys() -> None:
    listed = [row[0].strip("`") for row in page.table("Events")]
    assert sorted(listed) == sorted(name for name in EventName if name.startswith("key"))
