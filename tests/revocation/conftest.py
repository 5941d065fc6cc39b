"""The contract is asserted on for several stores, with parts of the stores' own tests."""

from __future__ import annotations

import importlib

import pytest

# Before anything imports what it registers.
importlib.import_module("tests.stores.conftest")

for _part in ("contract", "world"):
    pytest.register_assert_rewrite(f"tests.revocation.{_part}")
