"""Sameness of values that nest deeper than the interpreter's stack has room for by default."""

from __future__ import annotations

import sys

from tests.codec.sameness import same


def same_nested(one: object, other: object) -> bool:
    """What ``same`` says, for containers nested as deep as any reader goes."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * limit)
    try:
        return same(one, other)
    finally:
        sys.setrecursionlimit(limit)
