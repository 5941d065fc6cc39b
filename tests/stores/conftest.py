"""What the contract asserts is shown when it fails, as in a test module."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

DEFAULT = 60.0
_DEFAULTS = {
    "redis_topology": ("CONNECT_SECONDS", "ANSWER_SECONDS", "_SENTINEL_SECONDS"),
    "memcached_server": ("CONNECT_SECONDS", "ANSWER_SECONDS"),
    "dynamodb_table": ("CONNECT_SECONDS", "ANSWER_SECONDS"),
    "sqlite_file": ("BUSY_SECONDS",),
}

for _part in (
    "calls",
    "contract",
    "contract_outage",
    "contract_scan",
    "contract_shared",
    "contract_sweep",
    "contract_time",
    "history",
):
    pytest.register_assert_rewrite(f"tests.stores.{_part}")


@pytest.fixture
def long_defaults() -> Iterator[None]:
    """Have a store that goes by its own waits, and not by a time-out, be told by its slowness."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in _DEFAULTS.items():
            for name in names:
                patch.setattr(import_module(f"cookie_sessions.stores.{module}"), name, DEFAULT)
        yield
