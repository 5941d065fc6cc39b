"""One configuration, several adapters: what one seals the others open."""

from __future__ import annotations

import itertools

import pytest

from tests.middleware.sites import SITES

PAIRS = list(itertools.permutations(SITES, 2))


@pytest.mark.parametrize(("writes", "reads"), PAIRS)
def test_a_session_goes_from_one_adapter_to_another_and_back(writes: str, reads: str) -> None:
    one, other = SITES[writes]().visitor(), SITES[reads]().visitor()
    one.text("/types")
    other.takes(one.cookie)
    assert other.text("/types-read") == "[]"
    other.text("/append")
    one.takes(other.cookie)
    assert (one.text("/list"), one.text("/types-read")) == ("[1, [2, (3,)], 1]", "['list']")
