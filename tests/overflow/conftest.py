"""What the tests of the overflow share."""

from __future__ import annotations

import pytest

from tests.overflow.shop import Shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(monkeypatch)


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop that remembers what it has read from the store."""
    return Shop(monkeypatch, cache_octets=100_000)


@pytest.fixture
def text(shop: Shop) -> str:
    """The cookie of a visitor whose basket is in the store."""
    return shop.store(basket=["x"], user="Ada")
