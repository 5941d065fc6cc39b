"""The session has the surface of a dict, takes the keys of one, and shows only their names."""

from __future__ import annotations

import copy
import enum
import logging
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cookie_sessions.content import Early
from cookie_sessions.errors import UsageError
from tests.codec.sameness import same
from tests.plain import Site


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def stored(site: Site, text: str) -> dict[Any, Any]:
    return dict(site.arrive(text))


def test_it_has_the_order_and_the_surface_of_a_dict(site: Site) -> None:
    session = site.arrive(site.store(a=1, b=[2], c="3"))
    plain: dict[Any, Any] = {"a": 1, "b": [2], "c": "3"}
    assert not isinstance(session, dict)
    assert session == plain
    assert plain == session
    assert session != {"a": 1}
    assert (list(session), list(reversed(session))) == (["a", "b", "c"], ["c", "b", "a"])
    assert list(session.items()) == list(plain.items())
    assert session | {"a": 2, "z": 1} == plain | {"a": 2, "z": 1}
    assert {"a": 2, "z": 1} | session == {"a": 2, "z": 1} | plain
    assert {**session} == session.copy() == copy.copy(session) == copy.deepcopy(session) == plain
    for made in (session.copy(), session | {}, {} | session, copy.copy(session)):
        assert type(made) is dict
    assert session.pop("a") == 1
    session["a"] = 9
    session["b"] = 8
    assert list(session) == ["b", "c", "a"]
    assert session.popitem() == ("a", 9)
    assert session.setdefault("b", 0) == 8
    assert session.setdefault("d", 0) == 0
    session |= {"e": 1}
    session.update([("f", 2)], g=3)
    expected = {"b": 8, "c": "3", "d": 0, "e": 1, "f": 2, "g": 3}
    assert list(session.items()) == list(expected.items())
    assert list(stored(site, site.write(session)).items()) == list(expected.items())
    session.clear()
    assert (len(session), bool(session), list(session)) == (0, False, [])


def test_it_fails_as_a_dict_does(site: Site) -> None:
    session = site.arrive(site.store(a=1))
    with pytest.raises(KeyError, match="'z'"):
        session["z"]
    with pytest.raises(KeyError, match="'z'"):
        del session["z"]
    with pytest.raises(KeyError, match="'z'"):
        session.pop("z")
    for operation in (hash, lambda s: s | 1, lambda s: s[[]], lambda s: [] in s):
        with pytest.raises(TypeError):
            operation(session)
    session.clear()
    with pytest.raises(KeyError):
        session.popitem()


class Name(enum.StrEnum):
    CART = "cart"
    ODD = "a name of ours"


class Plain(enum.Enum):
    A = 1


class Number(enum.IntEnum):
    SEVEN = 7


@pytest.mark.parametrize(
    ("key", "read"),
    [
        *(
            (key, key)
            for key in ("cart", "", "é", "\ud800", 1, -1, None, True, 1.5, b"x", (1, "a"))
        ),
        *(
            (key, key)
            for key in (frozenset({1}), Decimal("1.10"), 2**80, datetime(2030, 1, 1, tzinfo=UTC))
        ),
        (Name.CART, "cart"),
        (Name.ODD, "a name of ours"),
        (Number.SEVEN, 7),
    ],
    ids=ascii,
)
def test_a_key_is_kept_with_its_type(site: Site, key: Any, read: Any) -> None:
    session = site.arrive()
    session[key] = 1
    session["last"] = 2
    assert same(stored(site, site.write(session)), {read: 1, "last": 2})


def test_a_key_that_could_not_be_a_key_again_is_refused_at_commit(site: Site) -> None:
    for key in (object(), (1, object()), Plain.A):
        session = site.arrive()
        session[key] = 1
        with pytest.raises(UsageError, match="session was not saved"):
            site.respond(session)


def test_two_keys_that_would_become_one_are_refused_at_commit(site: Site) -> None:
    session = site.arrive()
    session[float("nan")] = 1
    session[float("nan")] = 2
    assert len(session) == 2
    with pytest.raises(UsageError, match="one and the same"):
        site.respond(session)


def test_only_the_names_of_keys_show(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        session = site.arrive(site.store(email="alice@example.com"))
        assert session["email"]
        assert repr(session) == str(session) == "<Session with the keys ['email']>"
        session.regenerate()
        site.respond(session)
        for text in (repr(session), caplog.text, *map(repr, site.happened)):
            assert "alice" not in text
            assert session.sid not in text


def test_a_deep_copy_is_a_dict_that_shares_nothing_with_the_session(site: Site) -> None:
    session = site.arrive(site.store(cart=[{"qty": 1}]))
    copied: Any = copy.deepcopy(session)
    assert type(copied) is dict
    copied["cart"][0]["qty"] = 2
    assert session == {"cart": [{"qty": 1}]}
    assert not session.modified


def test_a_reporter_that_takes_mappings_apart_is_told_the_names_only(site: Site) -> None:
    # Sentry asks the type of each object among a frame's locals for this before it looks inside.
    session = site.arrive(site.store(email="alice@example.com"))
    assert type(session).__sentry_repr__(session) == repr(session)
    assert session["email"]
    assert "alice" not in session.__sentry_repr__()


def test_a_reporter_that_finds_what_was_opened_early_is_told_nothing_of_it() -> None:
    assert repr(Early(None, {"name": b"confidential"})) == "<Early>"


def test_pickling_is_refused(site: Site) -> None:
    session = site.arrive(site.store(a=1))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(UsageError, match="can't be pickled"):
            pickle.dumps(session, protocol)


def test_the_views_can_be_walked_backwards_as_those_of_a_dict(site: Site) -> None:
    session = site.arrive()
    session.update(a=1, b=2)
    plain = {"a": 1, "b": 2}
    assert list(reversed(session.keys())) == list(reversed(plain.keys()))
    assert list(reversed(session.values())) == list(reversed(plain.values()))
    assert list(reversed(session.items())) == list(reversed(plain.items()))
