"""Our reader finds exactly our cookie, and no header can make it do anything else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.cookies import MAX_HEADER_OCTETS, MAX_VALUES, find
from cookie_sessions.errors import ConfigurationError, Reason, Rejected


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("", ()),
        ("session", ()),
        ("session=", ("",)),
        ("session=a", ("a",)),
        ("session=a;", ("a",)),
        (";;session=a", ("a",)),
        ("x=1; session=a; y=2", ("a",)),
        ("x=1;session=a;y=2", ("a",)),
        (" \tsession \t=\t a \t;y=2", ("a",)),
        ("session =a", ("a",)),
        ("session=\ta", ("a",)),
        ("x=1; session  =a;y=2", ("a",)),
        ("session=a=b==", ("a=b==",)),
        ("session==", ("=",)),
        ("session=a b", ("a b",)),
        ("session=a; session=b; session=c", ("a", "b", "c")),
        ("session=b; session=a", ("b", "a")),
        ("session=a; session=a", ("a",)),
        ("session=a; session=b; session=a", ("a", "b")),
    ],
)
def test_a_cookie_is_found_by_its_exact_name(header: str, values: tuple[str, ...]) -> None:
    assert find(header, "session") == values


@pytest.mark.parametrize(
    "header",
    [
        "xsession=a",
        "session.1=a",
        "sessionx=a",
        "session x=a",
        "x session=a",
        "Session=a",
        "SESSION=a",
        "=session=a",
        "x=session=a",
        "x= session=a",
        'x="; session"; y=1',
        "session; x=a",
        "x=1,session=a",
        "x=1, session=a",
        "x=1\nsession=a",
        "x=1\rsession=a",
        "x=1\x00;\x00session=a",
        "session\x00=a",
        '"session"=a',
        "%73ession=a",
        "session:a",
        "$Version=1, session=a",
    ],
)
def test_other_names_are_not_ours(header: str) -> None:
    assert find(header, "session") == ()


@pytest.mark.parametrize(
    "space",
    ["\x00", "\n", "\x0b", "\x0c", "\r", "\x1c", "\x1f", "\x85", "\xa0", "\u2000", "\u3000"],
)
def test_only_space_and_tab_are_trimmed(space: str) -> None:
    assert find(f"x=1;{space}__Host-session=EVIL", "__Host-session") == ()
    assert find(f"x=1; __Host-session{space}=EVIL", "__Host-session") == ()
    assert find(f"session={space}a{space}", "session") == (f"{space}a{space}",)


def test_a_comma_ends_no_pair() -> None:
    assert find("x=1,__Host-session=EVIL", "__Host-session") == ()
    assert find("session=a,session=b", "session") == ("a,session=b",)


@pytest.mark.parametrize("value", ['"a"', '"a; b"', '"', '"a\\073b"', "%3B", "\\"])
def test_quotes_and_escapes_mean_nothing(value: str) -> None:
    assert find(f"session={value}", "session") == (value.partition(";")[0],)


def test_commas_end_pairs_where_a_server_joins_lines_by_them() -> None:
    header = "x=1,session=a, session=b; session=c"
    assert find(header, "session", commas=True) == ("a", "b", "c")
    assert find(header, "session") == ("c",)


@pytest.mark.parametrize("name", ["__Host-session", "__Secure-session", "__hOST-x"])
def test_splitting_on_commas_is_refused_for_a_prefixed_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="prefix"):
        find("", name, commas=True)
    assert find(f"{name}=a", name) == ("a",)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a;b", "a=b", "a,b", "a\n", "a\x00", 'a"', "ä", "a/b"]
)
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="token"):
        find("a=b", name)


@pytest.mark.parametrize("name", ["a", "a.b*c+d", "session.1", "!#$%&'*+-.^_`|~0Az"])
def test_the_characters_of_a_name_are_taken_literally(name: str) -> None:
    assert find(f"x=1; {name}=v; axb=2", name) == ("v",)


def test_the_bounds_are_those_of_the_documentation() -> None:
    assert (MAX_HEADER_OCTETS, MAX_VALUES) == (65_536, 16)


def test_a_header_above_the_bound_is_too_large() -> None:
    exact = "session=".ljust(MAX_HEADER_OCTETS, "a")
    assert find(exact, "session") == (exact[8:],)
    for header in (exact + "a", "x" * (MAX_HEADER_OCTETS + 1), "session=a;" * 1_000_000):
        with pytest.raises(Rejected) as caught:
            find(header, "session")
        assert caught.value.reason is Reason.TOO_LARGE


def test_too_many_different_values_are_ambiguous() -> None:
    most = ";".join(f"session={number}" for number in range(MAX_VALUES))
    assert len(find(most, "session")) == MAX_VALUES
    assert len(find(f"{most};session=0", "session")) == MAX_VALUES
    with pytest.raises(Rejected) as caught:
        find(f"{most};session=x", "session")
    assert caught.value.reason is Reason.AMBIGUOUS


class Watched(str):
    """A header that counts the characters at which the reader looks, or which it copies."""

    __slots__ = ("work",)
    work: int

    def __new__(cls, text: str) -> Watched:
        self = super().__new__(cls, text)
        self.work = 0
        return self

    def find(self, sub: str, start: int | None = 0, end: int | None = None, /) -> int:  # type: ignore[override]
        found = super().find(sub, start, end)
        stop = len(self) if found < 0 else found + len(sub)
        self.work += stop - (start or 0)
        return found

    def rfind(self, sub: str, start: int | None = 0, end: int | None = None, /) -> int:  # type: ignore[override]
        found = super().rfind(sub, start, end)
        begin = (start or 0) if found < 0 else found
        self.work += (len(self) if end is None else end) - begin
        return found

    def __getitem__(self, index: object) -> str:
        part = super().__getitem__(index)  # type: ignore[index]
        self.work += len(part)
        return part

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        self.work += len(self)
        before, found, after = super().partition(sep)
        return before, found, Watched(after) if found else after

    def __contains__(self, key: object) -> bool:
        self.work += len(self)
        return super().__contains__(key)  # type: ignore[operator]


def _hostile() -> list[str]:
    room = MAX_HEADER_OCTETS
    units = ["session", "session ", "session=", ";session", "session;", " ;session", "=session"]
    units += [
        "; session =a",
        ";session\t",
        " ",
        ";",
        "=",
        "sessio",
        ";session=a,",
        "session session;",
    ]
    headers = [unit * (room // len(unit)) for unit in units]
    headers += [";" + " " * (room - 10) + "session", "session" + " " * (room - 10)]
    headers += ["session" + " \t" * 30_000 + "=a", "session" * 9_000 + ";session=a"]
    return headers


@pytest.mark.parametrize("header", _hostile(), ids=lambda text: repr(text[:16]))
def test_the_work_is_linear_in_the_header(header: str) -> None:
    watched = Watched(header)
    assert find(watched, "session") == find(header, "session")
    assert 0 < watched.work <= 6 * len(header)


def _specified(header: str, name: str) -> tuple[str, ...]:
    values = []
    for pair in header.split(";"):
        match = re.fullmatch(r"(?s:[ \t]*([^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*)", pair)
        if match and match[1] == name:
            values.append(match[2])
    return tuple(dict.fromkeys(values))


PIECES = st.lists(
    st.sampled_from(["a", "aa", "b", "=", ";", " ", "\t", ",", '"', "\xa0", "\n", ".1"]),
    max_size=24,
).map("".join)


@given(header=PIECES, name=st.sampled_from(["a", "aa", "aba", "a.1"]))
def test_it_agrees_with_the_sentence_that_specifies_it(header: str, name: str) -> None:
    assert find(header, name) == _specified(header, name)
    assert find(header, name, commas=True) == _specified(header.replace(",", ";"), name)


@given(header=st.text(st.characters(max_codepoint=255)), name=st.sampled_from(["session", "a"]))
def test_any_header_is_read_without_an_error(header: str, name: str) -> None:
    assert find(header, name) == _specified(header, name)


@given(
    value=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=";")),
    others=st.lists(
        st.sampled_from(["x=1", "session.1=a", "session", "_session=b", ""]), max_size=4
    ),
    at=st.integers(0, 4),
)
def test_a_value_set_among_others_comes_back(value: str, others: list[str], at: int) -> None:
    pairs = [*others[:at], f"session={value}", *others[at:]]
    assert find("; ".join(pairs), "session") == (value,)
