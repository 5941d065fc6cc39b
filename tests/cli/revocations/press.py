"""Whoever publishes snapshots of a shop's list, by commands."""

from __future__ import annotations

from click.testing import Result
from flask import Flask

from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run
from tests.flask.listed import shop as an_app

KEYED = {INDEX_KEY: A_KEY}


class Press:
    """A folder with snapshots of a shop's list, and the keys for them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.folder = shop.path.parent / "out"
        self.folder.mkdir()
        self.private = shop.path.parent / "private.json"
        self.public = shop.path.parent / "public.json"
        self.make_key()

    def make_key(self, *line: str) -> None:
        self.private.unlink(missing_ok=True)
        told = self.shop.do("revocations", "snapshot-key", "new", "--out", str(self.private), *line)
        self.public.write_text(told)

    def publish(self, *line: str, env: dict[str, str] | None = None) -> Result:
        where = ("--folder", str(self.folder), "--signing-key", str(self.private))
        return self.shop.run(
            "revocations", "publish", *where, *line, env=KEYED if env is None else env
        )

    def verify(self, *line: str, env: dict[str, str] | None = None) -> Result:
        place = () if "--url" in line or "--folder" in line else ("--folder", str(self.folder))
        return run("revocations", "verify", *place, "--keys", str(self.public), *line, env=env)

    def lose_the_list(self) -> None:
        """As when the disk was lost, and the application is started on another."""
        self.shop.path.unlink()
        self.shop = Shop(self.shop.path.parent, **KEYED)
        self.shop.visitor()

    def reader(self) -> Flask:
        """An application that has the snapshot alone."""
        return an_app(
            **{
                REVOCATIONS: f"snapshot:file:{self.folder}/revocations.jwt",
                INDEX_KEY: A_KEY,
                "COOKIE_SESSIONS_SNAPSHOT_KEYS": self.public.read_text(),
                "COOKIE_SESSIONS_UNSAFE_LOGOUT_KEEPS_COPIES": True,
            }
        )
