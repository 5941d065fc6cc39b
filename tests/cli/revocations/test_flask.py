"""The same commands under ``flask sessions``: the application says where its list is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from cookie_sessions import RegisteredType
from cookie_sessions.cli.flask_group import sessions
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop

SID = "00112233445566778899aabbccddeeff"


def test_the_list_the_index_key_and_the_staleness_are_the_applications(keyed: Shop) -> None:
    ann = keyed.visitor()
    told = keyed.flask("revoke", "--subject", "ann")
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout == (
        "Ended: all sessions of the subject.\nThis counts everywhere from the next request on.\n"
    )
    assert ann.get() == "nobody"
    keyed.app.config[f"{REVOCATIONS}_STALENESS"] = 0.5
    assert keyed.flask("revoke", "--sid", SID).stdout.endswith("everywhere within 0.5 s.\n")


def test_an_application_that_never_ran_has_a_list_all_the_same(keyed: Shop) -> None:
    assert keyed.flask("revoke", "--subject", "bob", "--dry-run").exit_code == 0
    assert keyed.flask("revoke", "--subject", "ann").exit_code == 0
    bob = keyed.visitor("bob")
    assert keyed.flask("revoke", "--subject", "bob").exit_code == 0
    assert bob.get() == "nobody"


def test_without_a_register_it_says_which_setting_makes_one(keyed: Shop, shop: Shop) -> None:
    for line in (
        ("revocations", "signed-in", "--subject", "ann"),
        ("revoke", "--reference", "0" * 24),
        ("revoke", "--reference", "0" * 24, "--dry-run"),
    ):
        result = keyed.flask(*line)
        assert result.exit_code == 1
        assert "COOKIE_SESSIONS_REGISTER" in result.stderr
        assert result.stderr.count("\n") == 1


def test_the_register_is_the_applications(shop: Shop) -> None:
    ann = shop.visitor()
    told = json.loads(shop.flask("revocations", "signed-in", "--subject", "ann", "--json").stdout)
    (mine,) = told["signed_in"]
    assert shop.flask("revoke", "--reference", mine["reference"]).exit_code == 0
    assert ann.get() == "nobody"


def test_entries_live_as_long_as_the_applications_sessions(shop: Shop) -> None:
    from cookie_sessions import clock
    from cookie_sessions.stores import store_from_url

    shop.app.config["PERMANENT_SESSION_LIFETIME"] = 400 * 86_400
    assert shop.flask("revoke", "--key", "0a1b2c3d").exit_code == 0
    store = store_from_url(shop.url)
    assert store.extend(["revoked:general"], ends=clock.now() + 400 * 86_400)
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        later = clock.now() + 399 * 86_400
        patch.setattr(clock, "now", lambda: later)
        assert json.loads(shop.flask("revocations", "count", "--json").stdout)["key"] == 1


@dataclasses.dataclass(frozen=True)
class Account:
    number: int


def test_an_application_with_types_of_its_own_ends_sessions_too(tmp_path: Path) -> None:
    account = RegisteredType("account", Account, lambda each: each.number, Account)
    typed = Shop(tmp_path, COOKIE_SESSIONS_TYPES=[account])
    assert typed.flask("revoke", "--subject", "ann").exit_code == 0


def test_a_snapshot_of_the_application_is_read_only_and_another_store_may_be_named(
    keyed: Shop,
) -> None:
    ann = keyed.visitor()
    keyed.app.config.update(
        {
            REVOCATIONS: "snapshot:file:/nowhere/revocations.jwt",
            "COOKIE_SESSIONS_SNAPSHOT_KEYS": "file:/nowhere",
            "COOKIE_SESSIONS_UNSAFE_LOGOUT_KEEPS_COPIES": True,
        }
    )
    refused = keyed.flask("revoke", "--subject", "ann")
    assert refused.exit_code == 1
    assert "can only be read" in refused.stderr
    other = ("--store", f"{keyed.url}?prefix=other:")
    wrong = keyed.flask("revoke", "--subject", "ann", *other)
    assert wrong.exit_code == 1
    assert "No application has used the list" in wrong.stderr
    assert keyed.flask("revoke", "--subject", "ann", "--store", keyed.url).exit_code == 0
    assert ann.get() == "nobody"


def test_commands_name_the_others_as_they_are_typed_here(shop: Shop, tmp_path: Path) -> None:
    shop.visitor()
    told = shop.flask("revoke", "--key", "0a1b2c3d")
    assert told.stdout.endswith("the ring does not: flask sessions keys revoke 0a1b2c3d\n")
    facts = json.loads(shop.flask("revoke", "--key", "0a1b2c3d", "--json").stdout)
    assert facts["next"] == "flask sessions keys revoke 0a1b2c3d"
    assert "flask sessions keys list shows" in shop.flask("revoke", "--key", "old").stderr
    absent = shop.flask("revoke", "--reference", "0" * 24)
    assert "flask sessions revocations signed-in --subject" in absent.stderr
    ring = ("--keys", f"file:{tmp_path}/ring.json")
    assert shop.flask("keys", "init", *ring, "--longest-session", "1d").exit_code == 0
    gone = shop.flask("keys", "revoke", *ring, "--absent", "0a1b2c3d")
    assert gone.stderr.endswith("Within seconds: flask sessions revoke --key 0a1b2c3d\n")
    shop.app.config[REVOCATIONS] = "snapshot:file:/nowhere/revocations.jwt"
    assert shop.flask("keys", "revoke", *ring, "--absent", "00000000").stderr == ""


def test_a_leaked_key_is_revoked_though_the_application_can_not_be_loaded(tmp_path: Path) -> None:
    def broken() -> Flask:
        raise RuntimeError("the database is away")

    ring = ("--keys", f"file:{tmp_path}/ring.json")
    for line in (("init", "--longest-session", "1d"), ("revoke", "--absent", "0a1b2c3d")):
        told = CliRunner().invoke(
            sessions, ["keys", *line[:1], *ring, *line[1:]], obj=ScriptInfo(create_app=broken)
        )
        assert (told.exit_code, told.stderr) == (0, ""), told.output
    assert '"0a1b2c3d"' in (tmp_path / "ring.json").read_text()


def test_a_wrong_setting_is_one_line(keyed: Shop) -> None:
    keyed.app.config["COOKIE_SESSIONS_REVOCATION"] = keyed.url
    for line in (["revoke", "--sid", SID], ["revocations", "list"], ["doctor"]):
        result = keyed.flask(*line)
        assert result.exit_code == 1
        assert "Did you mean COOKIE_SESSIONS_REVOCATIONS" in result.stderr
    assert A_KEY not in result.output
    assert INDEX_KEY not in result.stdout
