"""What the tests of the edge share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples.edge.edge import Edge


@pytest.fixture(scope="module")
def edge(node: str) -> Iterator[Edge]:
    with Edge(node) as process:
        yield process
