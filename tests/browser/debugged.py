"""The shop as its developer runs it: an error is answered with its traceback, not with a page."""

from __future__ import annotations

from flask import Flask
from werkzeug.debug import DebuggedApplication

import shop


def create_app() -> Flask:
    """The shop in debug mode; nothing can be run from the pages of its errors."""
    app = shop.create_app()
    app.debug = True
    app.wsgi_app = DebuggedApplication(app.wsgi_app)  # type: ignore[method-assign]
    return app
