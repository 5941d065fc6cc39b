"""What docs/sizes.md says of profiles, of limits and of stores is what the package does."""

from __future__ import annotations

from typing import Any

from flask import Flask

from cookie_sessions.codec import MAX_REFERRED_OCTETS, REFERENCE_OCTETS
from cookie_sessions.cookies import LIMIT, profile_of
from cookie_sessions.cookies.budget import _LINE_AND_REFERER
from cookie_sessions.overflow import (
    _SLACK,
    _WORTH_OCTETS,
    CACHE_OCTETS,
    GRACE_SECONDS,
)
from cookie_sessions.settings import Settings
from tests.docs.profiles import PAGE, table, written
from tests.docs.test_pages import blocks

TEXT = " ".join(PAGE.read_text(encoding="utf-8").split())


def test_the_table_of_profiles_is_that_of_the_package() -> None:
    assert written() == table(), "run python -m tests.docs.profiles"


def test_the_settings_of_the_page_are_accepted() -> None:
    app = Flask("sizes")
    for source in blocks(PAGE, "python"):
        exec(source, {"app": app})  # noqa: S102
    config: dict[str, Any] = dict(app.config)
    settings = Settings.from_mapping(config)
    assert settings.profile == profile_of(["nginx-16k", "gunicorn"])
    assert (settings.cold, settings.hot) == (
        ("history", "search_results"),
        ("user_id", "csrf_token"),
    )


def test_the_page_names_every_limit() -> None:
    for words in (
        f"more than {LIMIT:,} octets",
        f"its Referer {_LINE_AND_REFERER} octets",
        f"a reference of {REFERENCE_OCTETS} octets",
        f"Values below {_WORTH_OCTETS} octets stay",
        f"at most {MAX_REFERRED_OCTETS:,} octets",
        f"a **grace** of {GRACE_SECONDS} seconds",
        f"up to {CACHE_OCTETS // 2**20} MiB",
    ):
        assert words in TEXT, words
    assert _SLACK == 4
    assert "a quarter of its life later" in TEXT
