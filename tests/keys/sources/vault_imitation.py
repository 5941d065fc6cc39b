"""An imitation of HashiCorp Vault: reading the engine KV version 2, by its public documentation.

https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
"""

from __future__ import annotations

import json

from tests.keys.sources.server import Answer, Request


class VaultImitation:
    """Answers reads of secrets that it holds to who shows the token in the namespace."""

    def __init__(self) -> None:
        self.token = "hvs.imitated"
        self.namespace = ""
        self.secrets: dict[str, dict[str, object]] = {}
        self.deleted: set[str] = set()
        self.sealed = False

    def __call__(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if self.sealed:
            return self._errors(503, "Vault is sealed")
        if (
            headers.get("x-vault-token") != self.token
            or headers.get("x-vault-namespace", "") != self.namespace
        ):
            return self._errors(403, "permission denied")
        path = request.path.partition("?")[0].removeprefix("/v1/")
        if path in self.deleted:
            gone = {"data": {"data": None, "metadata": {"deletion_time": "2026-01-01T00:00:00Z"}}}
            return Answer(404, json.dumps(gone).encode())
        if request.method != "GET" or path not in self.secrets:
            return self._errors(404)
        data = {"data": self.secrets[path], "metadata": {"version": 1, "destroyed": False}}
        return Answer(200, json.dumps({"request_id": "1", "data": data}).encode())

    def _errors(self, status: int, *errors: str) -> Answer:
        return Answer(status, json.dumps({"errors": errors}).encode())
