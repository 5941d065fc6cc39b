"""The contract is asserted on for several stores, with parts of the stores' own tests."""

from __future__ import annotations

import importlib

import pytest

# Before anything imports what it registers.
long_defaults = importlib.import_module("tests.stores.conftest").long_defaults

for _part in ("contract", "world"):
    pytest.register_assert_rewrite(f"tests.revocation.{_part}")
