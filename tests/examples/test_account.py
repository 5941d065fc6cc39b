"""Where a visitor is signed in: the page that lists it, and each way to end it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import cast

import pytest
from flask import Flask, session
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import Unavailable
from cookie_sessions.flask import CookieSessions, FlaskSession
from cookie_sessions.revocation.identity import subject_octets, subject_text
from shop import account, browsers, create_app
from shop.browsers import label_of
from shop.sessions import seen_in_words

from .visitor import Form, PageReader

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EVERYWHERE_ELSE = "/account/sign-out-everywhere-else"
EVERYWHERE = "/account/sign-out-everywhere"


def make_shop(folder: Path, **config: object) -> Flask:
    return create_app({"SHOP_INSTANCE": str(folder / "instance"), **config})


class Person:
    """Somebody with a browser; `page` is what it shows."""

    def __init__(self, app: Flask, *, agent: str = LINUX) -> None:
        self._app = app
        self._agent = agent
        self.client = app.test_client()
        self.status = 0
        self.path = ""
        self.page = ""

    def get(self, path: str = "/") -> str:
        """Open a page."""
        return self._show("GET", path)

    def post(self, path: str, **fields: str) -> str:
        """Send fields that need not come from a form."""
        return self._show("POST", path, **fields)

    def submit(self, action: str, **fields: str) -> str:
        """Fill in the form of the page that posts to `action`, and send it."""
        form = next(form for form in self.forms if form.action == action)
        return self.post(action, **form.fields | fields)

    def sign_in(self, name: str) -> str:
        """Sign in."""
        self.get("/sign-in")
        return self.submit("/sign-in", name=name, password="demo")

    def end_the_other(self) -> str:
        """Open the list, and press the one button to end a session that is there."""
        self.get("/account")
        [other] = self.ends
        return self.submit(other)

    def copied(self) -> Person:
        """A thief with this browser's cookies."""
        thief = Person(self._app)
        cookie = self.client.get_cookie("shop_session")
        assert cookie is not None
        thief.client.set_cookie("shop_session", cookie.value)
        return thief

    def is_signed_in(self) -> bool:
        """Whether the next page calls the visitor by a name."""
        return "person-name" in self.get("/cart")

    @property
    def forms(self) -> list[Form]:
        """Those of the page."""
        return PageReader(self.page).forms

    @property
    def ends(self) -> list[str]:
        """Where the buttons post to that end one session."""
        return [form.action for form in self.forms if form.action.endswith("/end")]

    @property
    def labels(self) -> list[str]:
        """The sessions of the list, as they are called."""
        found = re.findall(r'<li class="place">.*?<h2>([^<]*)', self.page, re.DOTALL)
        return [unescape(label).strip() for label in found]

    @property
    def reference(self) -> str:
        """What the list calls this browser's session."""
        cookie = self.client.get_cookie("shop_session")
        assert cookie is not None
        with self._app.test_request_context(headers={"Cookie": f"shop_session={cookie.value}"}):
            return cast(FlaskSession, session).reference

    def _show(self, method: str, path: str, **fields: str) -> str:
        answer = self.client.open(
            path,
            method=method,
            data=fields or None,
            headers={"User-Agent": self._agent},
            follow_redirects=True,
        )
        self.status, self.path, self.page = answer.status_code, answer.request.path, answer.text
        return self.page


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_shop(tmp_path)


@pytest.fixture
def laptop(app: Flask) -> Person:
    """Ada's, signed in."""
    person = Person(app)
    person.sign_in("Ada")
    return person


@pytest.fixture
def phone(app: Flask) -> Person:
    """Ada's too, signed in, with a cart."""
    person = Person(app, agent=PHONE)
    person.sign_in("Ada")
    person.submit("/cart/linzer")
    return person


def test_the_list_names_each_browser_and_marks_this_one(laptop: Person, phone: Person) -> None:
    page = laptop.get("/account")
    assert laptop.labels == ["Firefox on Linux", "Safari on an iPhone"]
    assert page.count("this browser</span>") == 1
    assert page.index("this browser</span>") < page.index("Safari on an iPhone")
    assert "Signed in <time" in page
    assert "last seen within the last hour" in page
    assert "in 2 browsers" in page
    assert laptop.ends == [f"/account/{phone.reference}/end"]
    assert 'aria-label="End Safari on an iPhone, signed in just now"' in page
    assert PageReader(page).faults == []
    phone.get("/account")
    assert phone.labels == ["Safari on an iPhone", "Firefox on Linux"]


def test_who_is_signed_in_finds_the_page_in_the_menu_and_nobody_else_does(app: Flask) -> None:
    person = Person(app)
    assert "/account" not in PageReader(person.get()).links
    person.get("/account")
    assert (person.status, person.path) == (200, "/sign-in")
    person.submit("/sign-in", name="Ada", password="demo")
    assert person.path == "/account"
    assert "/account" in PageReader(person.get()).links


def test_a_single_session_has_no_button_to_end_it_and_a_hint_how_to_make_another(
    laptop: Person,
) -> None:
    page = laptop.get("/account")
    assert laptop.labels == ["Firefox on Linux"]
    assert laptop.ends == []
    assert "in one browser" in page
    assert "in a private window" in page
    assert PageReader(page).faults == []


def test_one_that_is_ended_is_signed_out_with_its_copies(laptop: Person, phone: Person) -> None:
    thief = phone.copied()
    assert thief.is_signed_in()
    page = laptop.end_the_other()
    assert "That browser is signed out." in page
    assert laptop.path == "/account"
    assert laptop.labels == ["Firefox on Linux"]
    assert not phone.is_signed_in()
    assert 'data-count="0"' in phone.page
    assert not thief.is_signed_in()
    assert laptop.is_signed_in()
    phone.sign_in("Ada")
    assert phone.is_signed_in()
    assert not thief.is_signed_in()


def test_a_button_on_a_page_of_an_ended_session_acts_for_nobody(
    laptop: Person, phone: Person
) -> None:
    phone.get("/account")
    laptop.end_the_other()
    phone.submit(EVERYWHERE)
    assert phone.status == 403
    assert "person-name" not in phone.page
    assert laptop.is_signed_in()


def test_signing_out_everywhere_else_keeps_this_browser_alone(
    laptop: Person, phone: Person
) -> None:
    own, theirs = laptop.copied(), phone.copied()
    laptop.get("/account")
    page = laptop.submit(EVERYWHERE_ELSE)
    assert "You are signed out everywhere else" in page
    assert laptop.labels == ["Firefox on Linux"]
    assert laptop.is_signed_in()
    assert not phone.is_signed_in()
    assert not theirs.is_signed_in()
    # A copy of this browser's cookie from before is one of the others.
    assert not own.is_signed_in()
    phone.sign_in("Ada")
    assert laptop.get("/account").count('class="place"') == 2


def test_signing_out_everywhere_ends_this_browser_too_and_keeps_its_look(
    laptop: Person, phone: Person
) -> None:
    laptop.get("/preferences")
    laptop.submit("/preferences", theme="dark")
    own, theirs = laptop.copied(), phone.copied()
    laptop.get("/account")
    page = laptop.submit(EVERYWHERE)
    assert "You are signed out everywhere." in page
    assert laptop.path == "/"
    assert 'data-theme="dark"' in page
    assert "person-name" not in page
    for each in (laptop, phone, own, theirs):
        assert not each.is_signed_in()
    laptop.sign_in("Ada")
    laptop.get("/account")
    assert laptop.labels == ["Firefox on Linux"]
    for each in (phone, own, theirs):
        assert not each.is_signed_in()


def test_signing_out_takes_a_browser_off_the_list_and_ends_its_copies(
    laptop: Person, phone: Person
) -> None:
    phone.get("/preferences")
    phone.submit("/preferences", theme="dark")
    thief = phone.copied()
    phone.submit("/sign-out")
    assert 'data-theme="dark"' in phone.page
    assert not thief.is_signed_in()
    laptop.get("/account")
    assert laptop.labels == ["Firefox on Linux"]


def test_its_own_reference_signs_a_browser_out(laptop: Person, phone: Person) -> None:
    laptop.get("/account")
    token = laptop.forms[0].fields["csrf_token"]
    page = laptop.post(f"/account/{laptop.reference}/end", csrf_token=token)
    assert "You are signed out. Come back soon." in page
    assert not laptop.is_signed_in()
    assert phone.is_signed_in()


def test_sessions_of_another_account_are_neither_listed_nor_ended(
    app: Flask, laptop: Person
) -> None:
    other = Person(app)
    other.sign_in("Grace")
    laptop.get("/account")
    assert laptop.ends == []
    token = laptop.forms[0].fields["csrf_token"]
    for reference in (other.reference, "0" * 24, "é" * 24, "x", "%00"):
        page = laptop.post(f"/account/{reference}/end", csrf_token=token)
        assert laptop.status == 200
        assert "That one is not on your list." in page
    laptop.submit(EVERYWHERE_ELSE)
    laptop.submit(EVERYWHERE)
    assert other.is_signed_in()
    other.get("/account")
    assert other.labels == ["Firefox on Linux"]


def test_nothing_is_ended_without_the_form_token(laptop: Person, phone: Person) -> None:
    for path in (f"/account/{phone.reference}/end", EVERYWHERE_ELSE, EVERYWHERE):
        for fields in ({}, {"csrf_token": "0" * 40}):
            laptop.post(path, **fields)
            assert laptop.status == 403
        laptop.client.get(path)
    assert laptop.is_signed_in()
    assert phone.is_signed_in()


def test_nobody_ends_nothing(app: Flask) -> None:
    person = Person(app)
    person.get()
    token = person.forms[0].fields["csrf_token"]
    for path in (f"/account/{'0' * 24}/end", EVERYWHERE_ELSE, EVERYWHERE):
        person.post(path, csrf_token=token)
        assert person.status == 404


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("Ada", " ada ", "ADA"), 3),
        (("Ada", "Ad a"), 1),
        (("Straße", "STRASSE"), 2),
        (("ж" * 60, "Ж" * 60), 2),
        (("ж" * 60, "ж" * 59), 1),
        (("42", "42"), 2),
    ],
)
def test_names_that_differ_in_capitals_and_blanks_are_one_account(
    app: Flask, names: tuple[str, ...], count: int
) -> None:
    people = [Person(app) for _ in names]
    for person, name in zip(people, names, strict=True):
        person.sign_in(name)
    people[-1].get("/account")
    assert people[-1].path == "/account"
    assert len(people[-1].labels) == count


@given(name=st.text().map(account.tidy))
def test_a_session_gives_its_account_back_as_it_was_set(name: str) -> None:
    named = account.account_of(name)
    assert subject_text(subject_octets(named, packed=b"")) == named


def test_a_session_that_was_there_before_the_sign_in_is_worth_nothing_afterwards(
    app: Flask,
) -> None:
    person = Person(app)
    person.get()
    planted = person.copied()
    person.sign_in("Ada")
    assert not planted.is_signed_in()
    person.get("/account")
    assert person.labels == ["Firefox on Linux"]


def test_a_name_is_text_on_the_page(app: Flask) -> None:
    person = Person(app, agent='"><script>alert(1)</script>')
    person.sign_in("<script>alert(2)</script>")
    page = person.get("/account")
    assert person.labels == [browsers.ANY]
    assert "<script" not in page
    assert PageReader(page).faults == []


def test_who_signed_in_before_there_was_a_list_is_asked_to_sign_in_again(app: Flask) -> None:
    person = Person(app)
    person.get()
    with person.client.session_transaction() as opened:
        opened["user"] = {"name": "Ada"}
    person.get("/account")
    assert (person.status, person.path) == (200, "/sign-in")
    person.submit("/sign-in", name="Ada", password="demo")
    assert person.labels == ["Firefox on Linux"]


def test_without_a_store_the_page_says_so_and_ends_nothing(tmp_path: Path) -> None:
    person = Person(make_shop(tmp_path, SHOP_REVOCATIONS=""))
    person.sign_in("Ada")
    page = person.get("/account")
    assert person.status == 200
    assert "This shop runs without a list of sessions." in page
    assert [form.action for form in person.forms] == ["/sign-out"]
    assert PageReader(page).faults == []
    token = person.forms[0].fields["csrf_token"]
    for path in (f"/account/{'0' * 24}/end", EVERYWHERE_ELSE, EVERYWHERE):
        person.post(path, csrf_token=token)
        assert person.status == 404
    assert person.is_signed_in()
    person.submit("/sign-out")
    assert not person.is_signed_in()
    assert not (tmp_path / "instance" / "revocations.db").exists()


def test_a_store_that_does_not_answer_is_a_503_and_nobody_is_signed_out(
    laptop: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise Unavailable("The store does not answer.")

    laptop.get("/account")
    with monkeypatch.context() as patched:
        patched.setattr(CookieSessions, "revoke_user", unavailable)
        patched.setattr(CookieSessions, "signed_in", unavailable)
        laptop.submit(EVERYWHERE)
        assert laptop.status == 503
        assert "The oven is cold." in laptop.page
        assert "does not answer" not in laptop.page
        laptop.get("/account")
        assert laptop.status == 503
    laptop.get("/account")
    assert laptop.labels == ["Firefox on Linux"]


def test_the_inspector_counts_the_account_and_names_the_list_and_the_last_end(
    laptop: Person,
) -> None:
    page = laptop.get("/cookie")
    assert "Id, account, beginning, end" in page
    assert "in 90 days" in page
    assert page.count('<a href="/account">where you are signed in</a>') == 2


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "within the last hour"),
        (59, "within the last hour"),
        (-5, "within the last hour"),
        (60, "1 hour ago"),
        (179, "2 hours ago"),
        (31 * 24 * 60, "31 days ago"),
    ],
)
def test_the_last_use_is_said_by_the_hour(minutes: int, words: str) -> None:
    now = datetime(2026, 5, 4, 9, 7, tzinfo=UTC)
    assert seen_in_words(now - timedelta(minutes=minutes), now=now) == words


CHROME = "(KHTML, like Gecko) Chrome/138.0.0.0"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (LINUX, "Firefox on Linux"),
        (PHONE, "Safari on an iPhone"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) {CHROME}", "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile", "Chrome on Android"),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S901B) SamsungBrowser/28.0 {CHROME}",
            "Samsung Internet on Android",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64) {CHROME} Safari/537.36 Edg/138.0",
            "Edge on Windows",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64) {CHROME} Safari/537.36 OPR/120.0",
            "Opera on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) FxiOS/140.0 Mobile Safari/605.1.15",
            "Firefox on an iPad",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/138.0 Safari/604.1",
            "Chrome on an iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Something/1.0", "A browser on Linux"),
        ("Firefox/140.0", "Firefox"),
        ("", "A browser"),
        ("-", "A browser"),
        ("curl/8.14.1", "A browser"),
        ("Firefox", "A browser"),
        ("Python-urllib/3.13", "A browser"),
        ("\x00\xff\u202e<b>", "A browser"),
        ("A" * 100_000, "A browser"),
        ("Firefox/1 " * 10_000, "Firefox"),
        ("Firefox/1 <script>alert(1)</script> Windows NT", "Firefox on Windows"),
    ],
)
def test_a_label_is_a_browser_and_a_system(agent: str, label: str) -> None:
    assert label_of(agent) == label


KNOWN = [mark for _, marks in (*browsers.BROWSERS, *browsers.SYSTEMS) for mark in marks]


@given(parts=st.lists(st.one_of(st.sampled_from(KNOWN), st.text(max_size=8)), max_size=6))
def test_a_label_holds_nothing_of_the_header_but_known_names(parts: list[str]) -> None:
    browser, _, system = label_of(" ".join(parts)).partition(" on ")
    assert browser in {browsers.ANY, *(name for name, _ in browsers.BROWSERS)}
    assert system in {"", *(name for name, _ in browsers.SYSTEMS)}
