"""Two ways in which an application says whose session it is."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from flask import Flask, session

from tests.thefts.accounts import Accounts, User


class Door(Protocol):
    """Lets users in and out."""

    def sign_in(self, user: User, *, remember: bool) -> None: ...

    def sign_out(self) -> None: ...

    def user(self) -> User | None:
        """Who is signed in."""
        ...


class PlainDoor:
    """``session.subject`` alone.

    Args:
        accounts: knows the users.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def sign_in(self, user: User, *, remember: bool) -> None:
        assert not remember, "only Flask-Login has a remember cookie"
        session.subject = user.get_id()  # type: ignore[attr-defined]

    def sign_out(self) -> None:
        session.subject = None  # type: ignore[attr-defined]

    def user(self) -> User | None:
        subject: str | None = session.subject  # type: ignore[attr-defined]
        return None if subject is None else self._accounts.load(subject)


class LoginDoor:
    """Flask-Login, which knows nothing of us.

    Args:
        app: the application.
        accounts: knows the users.
    """

    def __init__(self, app: Flask, accounts: Accounts) -> None:
        # It has no types.
        self._login: Any = import_module("flask_login")
        self._login.LoginManager(app).user_loader(accounts.load)

    def sign_in(self, user: User, *, remember: bool) -> None:
        assert self._login.login_user(user, remember=remember)

    def sign_out(self) -> None:
        self._login.logout_user()

    def user(self) -> User | None:
        present: Any = self._login.current_user
        found = present._get_current_object()
        return found if isinstance(found, User) else None
