"""A list of dicts with the same keys becomes a table: its keys once, then column by column.

Carts, histories and search results are such lists. Text that stands together compresses better,
prices become whole numbers, and times become the distance from one to the next. Like shrinking,
this happens only where it restores the identical value.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, Final

from cookie_sessions.codec import tags

MIN_ROWS: Final = 12
"""Below this the compressor finds the repetition itself, for less time than a table takes."""

MAX_ROWS: Final = 4096
"""A table of one empty column costs an octet a row: the bound is on what it unfolds to."""

MAX_KEYS: Final = 1 << 20
"""Characters of all keys times rows: a table holds a key once, and its rows repeat it."""

_SEPARATOR: Final = "\n"
_SMALL: Final = 1 << 16
_MAX_STEP: Final = 1 << 15
_MAX_WHOLE: Final = 1 << 53


def to_tables(value: Any) -> Any:
    """Give the value with tables for the lists that make one, or None where none does.

    Args:
        value: a list, or a dict whose values are looked at; it is not changed.

    Returns:
        What the serializer takes; lists deeper inside stay as they are.
    """
    if type(value) is list:
        return _table(value) if _may_be_table(value) else None
    if type(value) is not dict:
        return None
    changed = None
    for key, item in value.items():
        if type(item) is list and _may_be_table(item):
            table = _table(item)
            if table is not None:
                changed = changed or dict(value)
                changed[key] = table
    return changed


def build_table(items: list[Any]) -> list[dict[str, Any]]:
    """Restore the list of dicts; raises on anything that :func:`to_tables` does not write."""
    keys, *columns = items
    if type(keys) is not list or set(map(type, keys)) != {str}:
        raise ValueError("not the keys of a table")
    if not len(set(keys)) == len(keys) == len(columns):
        raise ValueError("not the keys of a table")
    for place, column in enumerate(columns):
        if type(column) is str:
            columns[place] = column.split(_SEPARATOR)
        elif type(column) is not list:
            raise ValueError("not a column")
    (rows,) = set(map(len, columns))
    if rows > MAX_ROWS or rows * _characters(keys) > MAX_KEYS:
        raise ValueError("not the rows of a table")
    return [dict(zip(keys, row)) for row in zip(*columns)]  # noqa: B905 - all equally long.


def build_hundredths(items: list[Any]) -> list[float]:
    """Restore numbers with two decimals, or fewer, from whole hundredths."""
    return [whole / 100 for whole in _small_ints(items)]


def build_steps(items: list[Any]) -> list[int]:
    """Restore whole numbers from the first and the distances from each to the next."""
    return list(accumulate(_small_ints(items)))


def _may_be_table(rows: list[Any]) -> bool:
    return MIN_ROWS <= len(rows) <= MAX_ROWS and type(rows[0]) is dict


def _table(rows: list[Any]) -> list[Any] | None:
    keys = list(rows[0])
    if set(map(type, rows)) != {dict} or set(map(type, keys)) != {str}:
        return None
    if len(rows) * _characters(keys) > MAX_KEYS:
        return None
    for row in rows:
        if list(row) != keys:
            return None
    columns = zip(*map(dict.values, rows))  # noqa: B905 - their keys are the same.
    return [tags.MARKERS[tags.TABLE], keys, *map(_column, columns)]


def _characters(keys: list[str]) -> int:
    return sum(map(len, keys))


def _column(column: tuple[Any, ...]) -> Any:
    kinds = set(map(type, column))
    if kinds == {str}:
        text = _SEPARATOR.join(column)
        return text if text.count(_SEPARATOR) == len(column) - 1 else list(column)
    if kinds == {float}:
        return _hundredths(column) or list(column)
    if kinds == {int} and _SMALL < column[0] < _MAX_WHOLE:
        return _steps(column) or list(column)
    return list(column)


def _hundredths(column: tuple[float, ...]) -> list[Any] | None:
    if 0.0 in column:
        # Minus zero equals zero, but it would not come back.
        return None
    try:
        wholes = [round(number * 100) for number in column]
    except (ValueError, OverflowError):
        return None
    # The quotient of two whole numbers is the float nearest to it: the one that was written down.
    if [whole / 100 for whole in wholes] != list(column) or not _all_small(wholes):
        return None
    return [tags.MARKERS[tags.HUNDREDTHS], *wholes]


def _steps(column: tuple[int, ...]) -> list[Any] | None:
    steps = [later - sooner for sooner, later in pairwise(column)]
    if max(steps) > _MAX_STEP or min(steps) < -_MAX_STEP:
        return None
    return [tags.MARKERS[tags.STEPS], column[0], *steps]


def _small_ints(items: list[Any]) -> list[int]:
    if set(map(type, items)) != {int} or not _all_small(items):
        raise ValueError("not small whole numbers")
    return items


def _all_small(numbers: list[int]) -> bool:
    return max(numbers) < _MAX_WHOLE and min(numbers) > -_MAX_WHOLE
