"""Signed copies of a revocation list, for those who have no store at hand.

A copy is two files: a signed token that names the other, its hash and when it ends, and a table of
everything that is refused. docs/revocation.md, "Snapshots", is the specification. ``token`` is the
first file, ``table`` the second, ``signing`` the keys; ``publisher`` writes both, ``source``
fetches them, ``reader`` asks them.
"""

from cookie_sessions.revocation.snapshot.reader import SnapshotList, snapshot_list

__all__ = ["SnapshotList", "snapshot_list"]
