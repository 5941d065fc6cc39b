"""What the tests of the edge share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples.edge.edge import Edge, node_of_the_edge


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with Edge(node_of_the_edge()) as process:
        yield process
