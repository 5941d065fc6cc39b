"""A ring in HashiCorp Vault, or in OpenBao, which speaks the same: engine KV, version 2."""

from __future__ import annotations

import os
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable
from cookie_sessions.keys.sources.deadline import Deadline
from cookie_sessions.keys.sources.extra import load

CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 3

_TOKEN_FILE: Final = "~/.vault-token"  # noqa: S105 - a path.
_MAX_TOKEN_OCTETS: Final = 4096
_UNAVAILABLE: Final = ("RateLimitExceeded", "InternalServerError", "BadGateway", "VaultDown")


class VaultSource:
    """A ring in one field of a secret in Vault's engine KV version 2, the latest version.

    The address is VAULT_ADDR, the namespace VAULT_NAMESPACE, the token VAULT_TOKEN or the content
    of a file: VAULT_TOKEN_FILE, or ``~/.vault-token``. They are looked up anew for each reading, so
    a token that an agent renews in its file is the one that is used.

    Args:
        mount: where the engine is mounted.
        path: the secret's path in it.
        field: the field that holds a JWK Set as text.
    """

    def __init__(self, mount: str, path: str, *, field: str) -> None:
        self._mount = mount
        self._path = path
        self._field = field
        self._deadline = Deadline(self.name)

    @property
    def name(self) -> str:
        """``vault:``, mount, path and field."""
        return f"vault:{self._mount}/{self._path}#{self._field}"

    def __repr__(self) -> str:
        return f"<VaultSource {self.name}>"

    def stamp(self) -> object:
        """None: to ask for the version costs a request and a right of its own, as reading does."""
        return None

    def read(self) -> bytes:
        """Ask Vault, for at most a few seconds.

        Raises:
            ConfigurationError: hvac is missing, address or token are, there is no such secret or
                field, or access to it is denied.
            Unavailable: Vault does not answer, is sealed, or has a fault of its own.
        """
        for module in ("hvac", "requests.exceptions"):
            load(module, extra="vault", source=self.name)
        return self._deadline.run(self._ask)

    def _ask(self) -> bytes:
        hvac = load("hvac", extra="vault", source=self.name)
        requests = load("requests.exceptions", extra="vault", source=self.name)
        client = self._client(hvac)
        try:
            answer: Any = client.secrets.kv.v2.read_secret_version(
                path=self._path, mount_point=self._mount, raise_on_deleted_version=True
            )
        except hvac.exceptions.VaultError as error:
            raise self._refusal(type(error).__name__) from None
        except requests.InvalidURL:
            raise self._without_address() from None
        except requests.RequestException as error:
            raise self._failure(type(error).__name__) from None
        finally:
            client.adapter.close()
        return self._text(answer)

    def _client(self, hvac: Any) -> Any:
        address = os.environ.get("VAULT_ADDR", "")
        if not address.startswith(("https://", "http://")):
            raise self._without_address()
        return hvac.Client(
            url=address,
            token=self._token(),
            namespace=os.environ.get("VAULT_NAMESPACE") or None,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )

    def _token(self) -> str:
        token = os.environ.get("VAULT_TOKEN", "")
        if not token:
            path = os.environ.get("VAULT_TOKEN_FILE") or _TOKEN_FILE
            try:
                with open(os.path.expanduser(path), encoding="ascii") as file:  # noqa: PTH111
                    token = file.read(_MAX_TOKEN_OCTETS)
            except (OSError, ValueError):
                token = ""
        # Anything else would end up in an error of the HTTP library.
        if not token.strip() or not token.strip().isascii() or not token.strip().isprintable():
            raise ConfigurationError(
                f"{self.name}: there is no token. Set VAULT_TOKEN, or name a file that holds one "
                f"in VAULT_TOKEN_FILE, as Vault Agent writes it."
            )
        return token.strip()

    def _text(self, answer: Any) -> bytes:
        try:
            value: Any = answer["data"]["data"][self._field]
        except (LookupError, TypeError):
            value = None
        if not isinstance(value, str) or not value:
            raise ConfigurationError(
                f"{self.name}: the secret has no text in this field. Write it: vault kv put "
                f"-mount={self._mount} {self._path} {self._field}=@ring.json."
            )
        return value.encode()

    def _refusal(self, kind: str) -> CookieSessionsError:
        """What an answer of Vault that is an error means."""
        if kind == "InvalidPath":
            return ConfigurationError(
                f"{self.name}: there is no such secret, or no engine KV version 2. Create it, or "
                f"correct mount and path; a mount of several parts ends with two slashes."
            )
        if kind in ("Forbidden", "Unauthorized"):
            return ConfigurationError(
                f"{self.name}: access is denied. Renew the token, and let its policy read "
                f"{self._mount}/data/{self._path}."
            )
        if kind in ("InvalidRequest", "ParamValidationError"):
            return ConfigurationError(f"{self.name}: Vault refused ({kind}). Correct the path.")
        if kind in _UNAVAILABLE:
            return Unavailable(f"{self.name}: Vault can't answer now ({kind}). Try again later.")
        return Unavailable(f"{self.name}: Vault is sealed or not ready ({kind}). Try again later.")

    def _failure(self, kind: str) -> CookieSessionsError:
        """What an error on the way to Vault means."""
        return Unavailable(f"{self.name}: Vault can't be reached ({kind}). Look at VAULT_ADDR.")

    def _without_address(self) -> CookieSessionsError:
        return ConfigurationError(
            f"{self.name}: VAULT_ADDR is no address. Set it, as in https://vault.example.com:8200."
        )
