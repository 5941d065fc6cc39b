"""What the contract asserts is shown when it fails, as in a test module."""

from __future__ import annotations

import pytest

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
