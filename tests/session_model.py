"""A dictionary that does what a session does, and the operations that both are put through."""

from __future__ import annotations

import copy
import operator
import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.codec.sameness import described
from tests.codec.strategies import SCALARS

FOREIGN = 1j
"""A value of a type that sessions do not keep."""
FOREIGN_SIGN = "builtins.complex:"


class Model(dict[Any, Any]):
    """A session as it should be: its values, and whether they are to be written."""

    def __init__(self, stored: dict[Any, Any] | None) -> None:
        # What two keys shared in one request is two values in the next.
        super().__init__({name: copy.deepcopy(value) for name, value in (stored or {}).items()})
        self.arrived = stored is not None
        self.renamed = False
        self.written = False
        self.baseline = described(dict(self))

    @property
    def modified(self) -> bool:
        # What can't be packed is never forgotten: it stays a change, and the commit refuses it.
        return self.written or self.holds_foreign or described(dict(self)) != self.baseline

    @modified.setter
    def modified(self, value: bool) -> None:
        self.written = value
        if not value:
            self.baseline = described(dict(self))

    @property
    def permanent(self) -> bool:
        return bool(self.get("_permanent", False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = value

    def regenerate(self) -> None:
        self.renamed = True
        self.written = self.written or bool(self)

    def destroy(self) -> None:
        self.clear()
        self.arrived = False

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.written = True

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self.written = True

    def pop(self, key: Any, *default: Any) -> Any:
        self.written = self.written or key in self
        return super().pop(key, *default)

    def popitem(self) -> tuple[Any, Any]:
        pair = super().popitem()
        self.written = True
        return pair

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self.written = self.written or key not in self
        return super().setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value
        self.written = True

    def __ior__(self, other: Any) -> Model:  # type: ignore[misc]
        self.update(other)
        return self

    def clear(self) -> None:
        super().clear()
        self.written = True

    def copy(self) -> dict[Any, Any]:
        return dict(self)

    @property
    def holds_foreign(self) -> bool:
        return FOREIGN_SIGN in described(dict(self))


# A few come often, so that what is stored is also met again.
KEYS = st.sampled_from(["cart", "n", 1]) | st.sampled_from(
    [
        *("cart", "user_id", "csrf_token", "_flashes", "n", "", "é", "\ud800", None, b"x"),
        # Some of these are equal, and so are one key.
        *(1, True, Decimal(1), 0, 1.5, (1, "a"), (1, ("a", None)), frozenset({1}), 2**70),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=3),
        st.sets(KEYS, max_size=3),
    ),
    max_leaves=5,
)
LARGE = st.integers(0, 9).map(lambda seed: random.Random(seed).randbytes(1600))
"""Two of these are too much for a cookie."""

PATHS = st.lists(st.integers(0, 3), max_size=3)


def _walk(value: Any, path: Iterable[int]) -> Any:
    for step in path:
        items = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(items, (list, tuple)) or not items:
            break
        within = items[step % len(items)]
        if not isinstance(within, (list, tuple, dict, set)):
            break
        value = within
    return value


def _mutate(session: Any, key: Any, path: list[int], value: Any) -> None:
    inner = _walk(session[key], path)
    if isinstance(inner, list):
        inner.append(value)
    elif isinstance(inner, dict):
        inner["new"] = value
    elif isinstance(inner, set):
        inner.symmetric_difference_update({"new", len(inner)})


def _shrink(session: Any, key: Any, path: list[int]) -> None:
    inner = _walk(session[key], path)
    if isinstance(inner, list) and inner:
        inner.reverse()
        inner.pop()
    elif isinstance(inner, dict) and inner:
        inner.popitem()
    elif isinstance(inner, set):
        inner.clear()


def _assign(session: Any, key: Any, value: Any) -> None:
    session[key] = value


def _merge(session: Any, pairs: dict[Any, Any]) -> None:
    session |= pairs


def _share(session: Any, key: Any, other: Any) -> None:
    session[key] = session[other]


def _set_permanent(session: Any, value: bool) -> None:
    session.permanent = value


def _set_modified(session: Any, value: bool) -> None:
    session.modified = value


def _extend(session: Any, key: Any, value: Any) -> list[Any]:
    held = session.setdefault(key, [])
    if isinstance(held, list):
        held.append(value)
    return [held]


Operation = tuple[Callable[..., Any], tuple[Any, ...]]


def _operation(call: Callable[..., Any], *args: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(call), st.tuples(*args))


_PAIRS = st.dictionaries(KEYS, VALUES, max_size=3)
_WRITES = [
    _operation(_assign, KEYS, VALUES),
    _operation(_mutate, KEYS, PATHS, VALUES),
    _operation(_shrink, KEYS, PATHS),
    _operation(_extend, KEYS, VALUES),
    _operation(operator.delitem, KEYS),
    _operation(lambda session, *args: session.pop(*args), KEYS),
    _operation(lambda session, *args: session.pop(*args), KEYS, VALUES),
    _operation(lambda session, *args: session.setdefault(*args), KEYS, VALUES),
    _operation(lambda session, pairs: session.update(pairs), _PAIRS),
    _operation(_merge, _PAIRS),
    _operation(_set_permanent, st.booleans()),
]
_RARE = [
    _operation(lambda session: session.popitem()),
    _operation(lambda session: session.clear()),
    _operation(lambda session: session.regenerate()),
    _operation(lambda session: session.destroy()),
    _operation(_share, KEYS, KEYS),
    _operation(_set_modified, st.booleans()),
    _operation(_assign, KEYS, LARGE),
    _operation(_assign, KEYS, st.just(FOREIGN)),
    _operation(_mutate, KEYS, PATHS, st.just(FOREIGN)),
]
_READS = [
    _operation(operator.getitem, KEYS),
    _operation(lambda session, *args: session.get(*args), KEYS, VALUES),
    _operation(operator.contains, KEYS),
    _operation(len),
    _operation(bool),
    _operation(list),
    _operation(lambda session: list(reversed(session))),
    _operation(lambda session: dict(session.items())),
    _operation(lambda session: list(session.values())),
    _operation(lambda session: session.copy()),
    _operation(lambda session, pairs: dict(session | pairs), _PAIRS),
    # To ask for this alone is no use of a session, so it is asked after one.
    _operation(lambda session: (len(session), session.modified)),
    _operation(lambda session: session.permanent),
]

# Writes come oftener than reads, and those that throw much away seldom.
_ANY = st.one_of(st.one_of(_WRITES), st.one_of(_WRITES), st.one_of(_READS), st.one_of(_RARE))


@st.composite
def scripts(draw: st.DrawFn) -> list[Operation]:
    """What one request does with its session."""
    return draw(st.lists(_ANY, min_size=1, max_size=5))


def outcome(operation: Operation, session: Any) -> Any:
    """Put one of the two through an operation; what both give must be the same."""
    call, args = operation
    try:
        return call(session, *copy.deepcopy(args))
    except KeyError as error:
        return "KeyError", type(error)
