"""What is told when a key is revoked in its ring, and there is a list too."""

from __future__ import annotations

from collections.abc import Iterable

import click

from cookie_sessions.cli.defaults import REVOCATIONS, defaults, typed


def tell_how_to_revoke_now(kids: Iterable[bytes]) -> None:
    """Say on stderr how keys are refused before every instance has read its ring, if it can be.

    Args:
        kids: the keys' ids.
    """
    if _is_named():
        lines = "; ".join(typed(f"revoke --key {kid.hex()}") for kid in kids)
        click.echo(
            f"Note: instances learn it when they read the ring again. Within seconds: {lines}",
            err=True,
        )


def _is_named() -> bool:
    from cookie_sessions.settings import SNAPSHOT

    try:
        url = defaults().config().get(REVOCATIONS)
    except Exception:  # noqa: BLE001
        # A leaked key is revoked whether or not the application can be loaded at present.
        return False
    # A snapshot can only be read.
    return bool(url) and not str(url).startswith(SNAPSHOT)
