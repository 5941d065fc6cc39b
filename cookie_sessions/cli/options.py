"""The options that several commands share."""

from __future__ import annotations

import click

_URL = (
    "Where the ring is, such as file:/etc/shop/keys.json. By default what the environment variable "
    "COOKIE_SESSIONS_KEYS says; under flask, the application's setting of that name."
)

KEYS = click.option("--keys", "url", metavar="URL", help=_URL)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
FORCE = click.option("--force", is_flag=True, help="Do it even if it logs people out.")
LABEL = click.option("--label", default="", help="A name for people. Default: the key's id.")
