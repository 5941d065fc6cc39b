"""What a request does with its session, as views of an application."""

from __future__ import annotations

import copy
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, request, session
from flask.sessions import SessionInterface

from benchmarks.peers import SECRET_KEY
from benchmarks.shapes import Shape, new_item

Target = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a request does with its session.

    Attributes:
        name: as it stands in the tables and on the command line.
        bind: makes the action for a shape; the action is the same under every interface.
        touches: the action reads or writes the session.
        writes: the action changes what the session holds.
        lists_only: it needs a shape that holds a list.
    """

    name: str
    bind: Callable[[Shape], Callable[[Target], object]]
    touches: bool = True
    writes: bool = False
    lists_only: bool = False

    def suits(self, shape: Shape) -> bool:
        """Whether a session of this shape can serve."""
        return shape.nested is not None or not self.lists_only


def _nothing(_: Shape) -> Callable[[Target], object]:
    return lambda _: None


def _contains(_: Shape) -> Callable[[Target], object]:
    return lambda target: "_remember" in target


def _read(shape: Shape) -> Callable[[Target], object]:
    name = shape.scalar
    return lambda target: target.get(name)


def _read_largest(shape: Shape) -> Callable[[Target], object]:
    name = shape.largest
    return lambda target: target.get(name)


def _change(shape: Shape) -> Callable[[Target], object]:
    name, value = shape.change

    def change(target: Target) -> None:
        target[name] = value

    return change


def _append(shape: Shape) -> Callable[[Target], object]:
    name = shape.nested or ""
    item = new_item(name)

    def append(target: Target) -> None:
        target.setdefault(name, []).append(item)
        target.modified = True  # type: ignore[attr-defined]

    return append


def _rewrite(shape: Shape) -> Callable[[Target], object]:
    replacement = copy.deepcopy(shape.replacement)

    def rewrite(target: Target) -> None:
        for name, value in replacement.items():
            # The visitor stays who they are: another user in the same session would be a sign-in,
            # after which a session goes on under a new id.
            target[name] = target.get(name, value) if name == "_user_id" else value

    return rewrite


OPERATIONS: Final = (
    Operation("untouched", _nothing, touches=False),
    Operation("membership", _contains),
    Operation("read", _read),
    Operation("read-largest", _read_largest),
    Operation("change", _change, writes=True),
    Operation("append", _append, writes=True, lists_only=True),
    Operation("rewrite", _rewrite, writes=True),
)


def application(interface: SessionInterface, shape: Shape) -> Flask:
    """An application with one route for each operation, and ``/seed`` which fills a session.

    All settings are Flask's defaults but the secret key, and the warning about cookies that
    browsers refuse, which would only cost the peers time.
    """
    app = Flask("benchmarks")
    app.secret_key = SECRET_KEY
    app.config["MAX_COOKIE_SIZE"] = 0
    app.session_interface = interface

    @app.get("/seed/<int:number>")
    def seed(number: int) -> str:
        session.permanent = "permanent" in request.args
        session.update(copy.deepcopy(shape.samples[number]))
        return "seeded"

    for operation in OPERATIONS:
        if operation.suits(shape):
            app.add_url_rule(f"/{operation.name}", operation.name, _view(operation.bind(shape)))
    return app


def _view(action: Callable[[Target], object]) -> Callable[[], str]:
    def view() -> str:
        action(session)
        return "done"

    return view
