"""Why a snapshot was not taken."""

from __future__ import annotations

import enum


class Fault(enum.StrEnum):
    """Closed: a detail of the event ``snapshot_refused``, and what commands print."""

    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_INDEX = "wrong_index"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OLD_SEQUENCE = "old_sequence"
    TRUNCATED = "truncated"
    MISMATCH = "mismatch"


class SnapshotRefused(Exception):
    """A snapshot was not taken.

    Attributes:
        fault: why.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
