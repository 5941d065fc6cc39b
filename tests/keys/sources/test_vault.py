"""Keys are read from Vault's engine KV version 2, against an imitation of its HTTP interface."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import KeySource, new_jwk_set, source_from_url
from tests.conftest import missing
from tests.keys.secrecy import shown
from tests.keys.sources.contract import Place, RemoteContract
from tests.keys.sources.server import Answer, Server
from tests.keys.sources.vault_imitation import VaultImitation

SECRET = "kv/data/shop/sessions"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[VaultImitation]:
    if importlib.util.find_spec("hvac") is None:
        missing("the client of Vault", "pip install hvac")
    for name in list(os.environ):
        if name.startswith("VAULT_"):
            monkeypatch.delenv(name)
    imitation = VaultImitation()
    with Server(imitation) as server:
        monkeypatch.setenv("VAULT_ADDR", server.address)
        monkeypatch.setenv("VAULT_TOKEN", imitation.token)
        monkeypatch.setenv("HOME", str(tmp_path))
        yield imitation


@pytest.fixture
def source(vault: VaultImitation) -> KeySource:
    vault.secrets[SECRET] = {"ring": new_jwk_set()}
    return source_from_url("vault:kv/shop/sessions#ring")


class TestAnImitatedVault(RemoteContract):
    denied = Answer(403, b'{"errors": ["permission denied"]}')
    at_fault = Answer(500, b'{"errors": ["internal error"]}')

    @pytest.fixture
    def place(self, vault: VaultImitation) -> Place:
        return Place(
            source_from_url("vault:kv/shop/sessions#ring"),
            lambda text: vault.secrets.update({SECRET: {"ring": text}}),
            vault.secrets.clear,
        )

    @pytest.fixture
    def aim(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        return lambda address: monkeypatch.setenv("VAULT_ADDR", address)


def test_a_mount_of_several_parts_ends_with_two_slashes(vault: VaultImitation) -> None:
    vault.secrets["team/kv/data/shop"] = {"ring": "text"}
    assert source_from_url("vault:team/kv//shop#ring").read() == b"text"


def test_a_deleted_version_is_no_secret(source: KeySource, vault: VaultImitation) -> None:
    vault.deleted.add(SECRET)
    with pytest.raises(ConfigurationError, match="there is no such secret"):
        source.read()


@pytest.mark.parametrize("value", [None, 1, "", {"keys": []}])
def test_a_field_without_text_is_told(
    source: KeySource, vault: VaultImitation, value: object
) -> None:
    vault.secrets[SECRET] = {"other": "x"} if value is None else {"ring": value}
    with pytest.raises(ConfigurationError, match="no text in this field"):
        source.read()


def test_a_sealed_vault_is_unavailable(source: KeySource, vault: VaultImitation) -> None:
    vault.sealed = True
    with pytest.raises(Unavailable, match="Try again later"):
        source.read()


def test_a_namespace_is_asked_in(
    source: KeySource, vault: VaultImitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.namespace = "team"
    with pytest.raises(ConfigurationError, match="access is denied"):
        source.read()
    monkeypatch.setenv("VAULT_NAMESPACE", "team")
    assert source.read()


def test_a_token_in_a_file_is_read_anew_each_time(
    source: KeySource, vault: VaultImitation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VAULT_TOKEN")
    for path in (tmp_path / "sink", tmp_path / ".vault-token"):
        vault.token = "hvs.old"
        path.write_text(vault.token + "\n")
        if path.name == "sink":
            monkeypatch.setenv("VAULT_TOKEN_FILE", str(path))
        else:
            monkeypatch.delenv("VAULT_TOKEN_FILE")
        assert source.read()
        vault.token = "hvs.renewed"
        with pytest.raises(ConfigurationError, match="access is denied"):
            source.read()
        path.write_text(vault.token)
        assert source.read()


@pytest.mark.parametrize("token", [None, "", " ", "a\nb", "ä"])
def test_a_token_that_is_none_is_told_and_not_shown(
    source: KeySource, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token is None:
        monkeypatch.delenv("VAULT_TOKEN")
    else:
        monkeypatch.setenv("VAULT_TOKEN", token)
    with pytest.raises(ConfigurationError, match=r"there is no token\. Set VAULT_TOKEN") as caught:
        source.read()
    assert "a\nb" not in shown(caught.value)


@pytest.mark.parametrize("address", ["", "vault.example.com", "http://", "http://[", "ftp://x"])
def test_an_address_that_is_none_is_told(
    source: KeySource, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("VAULT_ADDR", address)
    with pytest.raises(ConfigurationError, match="VAULT_ADDR is no address"):
        source.read()
