"""People who use an application, and what it keeps of them: some of it is nobody's business."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

LETTERS = "abcdefghijklmnoprstuvwyz"
GOODS = ("Storm Lantern", "Enamel Mug", "Walnut Tray", "Canvas Tote", "Bread Knife")
GREETING = "Welcome back, {}! Your order has left our warehouse in Springfield."
COLOURS = ("slate", "amber", "ivory", "indigo")


class Person(NamedTuple):
    """A person.

    Attributes:
        number: who it is.
        values: what the application keeps in the session.
        private: the texts in it that belong to this person, or to few.
    """

    number: int
    values: dict[str, Any]
    private: tuple[str, ...]


def word(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(LETTERS, k=length))


def people(count: int, *, few: int) -> Iterator[Person]:
    """Make people.

    Args:
        count: how many.
        few: how many of them share a family name and a street.
    """
    for number in range(count):
        rng = random.Random(f"person {number}")
        family = random.Random(f"family {number // few}")
        surname, street = word(family, 9).title(), f"{word(family, 10).title()} Lane"
        given = word(rng, 8).title()
        login = f"{given}.{surname}".lower()
        phone = f"+{rng.randrange(10, 99)} {rng.randrange(100, 999)} {rng.randrange(10**6, 10**7)}"
        opaque = base64.urlsafe_b64encode(rng.randbytes(30)).decode()
        private = (
            *(given, surname, login, f"{login}@{word(rng, 9)}.example", phone, street),
            *(opaque, rng.randbytes(16).hex(), str(uuid.UUID(bytes=rng.randbytes(16)))),
        )
        given, surname, login, email, phone, street, opaque, digits, identity = private
        values = {
            "_user_id": str(number),
            "csrf_token": rng.randbytes(20).hex(),
            "profile": {
                "full_name": f"{given} {surname}",
                "login": login,
                "contact": email,
                "reachable": phone,
                "lives": f"{rng.randrange(1, 99)} {street}, Springfield",
                "newsletter": True,
            },
            "tokens": {"opaque": opaque, "digits": digits, "identity": identity},
            "password_reset": {"answer": f"the dog of {surname} is called {given}"},
            "greeting": GREETING.format(given),
            "cart": [
                {
                    "sku": f"{rng.choice(('LX', 'EM'))}-{rng.randrange(10_000, 99_999)}",
                    "name": f"{rng.choice(GOODS)}, {rng.choice(COLOURS)}, gift for {given}",
                    "price": rng.randrange(295, 9_995, 5) / 100,
                }
                for _ in range(rng.randrange(1, 16))
            ],
        }
        yield Person(number, values, private)
