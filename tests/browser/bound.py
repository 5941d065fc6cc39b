"""The shop with its sessions bound to their clients, and a page that shows what it sees of them."""

from __future__ import annotations

import json
from typing import cast

from flask import Flask, render_template_string, request, session

import shop
from cookie_sessions.flask import FlaskSession


def create_app() -> Flask:
    """The shop with ``COOKIE_SESSIONS_BINDING = "standard"``, for gunicorn."""
    app = shop.create_app({"COOKIE_SESSIONS_BINDING": "standard"})

    @app.get("/client")
    def client() -> str:
        sealed = cast(FlaskSession, session)
        anomaly = sealed.anomaly
        told = {
            "user": session.get("user", {}).get("name", ""),
            "anomaly": "" if anomaly is None else f"{anomaly.verdict}: {anomaly.properties}",
            "fresh": sealed.is_fresh(3600),
            "user_agent": request.headers.get("User-Agent", ""),
            "languages": request.headers.get("Accept-Language", ""),
        }
        return render_template_string("<pre>{{ told }}</pre>", told=json.dumps(told))

    return app
