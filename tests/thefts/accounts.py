"""Who has an account, in files that all processes of the application read."""

from __future__ import annotations

from pathlib import Path

CHANGING = "changing-"
"""Begins the names of those users whose alternative id changes with their password."""


class Accounts:
    """Users by name; whoever signs in has an account.

    Args:
        folder: keeps how often each user has changed the password.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, user_id: str) -> User | None:
        """The user that a session or a remember cookie names; None where the id is an old one."""
        user = self.named(user_id.partition(".")[0])
        return user if user.get_id() == user_id else None

    def named(self, name: str) -> User:
        """The user of a name."""
        file = self._folder / name
        return User(name, int(file.read_text()) if file.exists() else 0)

    def change_password(self, user: User) -> User:
        """The same user with another password."""
        (self._folder / user.name).write_text(str(user.passwords + 1))
        return self.named(user.name)


class User:
    """One user, as Flask-Login wants users to be.

    Args:
        name: what people call the user.
        passwords: how often the password was changed.
    """

    is_active = is_authenticated = True
    is_anonymous = False

    def __init__(self, name: str, passwords: int) -> None:
        self.name = name
        self.passwords = passwords

    def get_id(self) -> str:
        """What sessions and remember cookies hold."""
        return f"{self.name}.{self.passwords}" if self.name.startswith(CHANGING) else self.name
