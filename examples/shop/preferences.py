"""What a visitor chose, kept in the session, and the page where they choose it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from . import money

blueprint = Blueprint("preferences", __name__)

CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "theme": {"auto": "As my device", "light": "Light", "dark": "Dark"},
        "density": {"comfortable": "Comfortable", "compact": "Compact"},
        "currency": {
            code: f"{currency.name} ({currency.symbol})"
            for code, currency in money.CURRENCIES.items()
        },
        "locale": {
            code: f"{money.write(Decimal('1234.5'), currency='EUR', locale=code)} ({style.name})"
            for code, style in money.FORMATS.items()
        },
    }
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """One visitor's choices; each value is a key of CHOICES."""

    theme: str = "auto"
    density: str = "comfortable"
    currency: str = "EUR"
    locale: str = "en-GB"

    @classmethod
    def chosen_from(cls, given: Mapping[str, str]) -> Preferences:
        """The choices among `given`; what is missing, or not on offer, has its default."""
        offered = {
            field.name: given[field.name]
            for field in fields(cls)
            if given.get(field.name) in CHOICES[field.name]
        }
        return cls(**offered)

    def price(self, euros: Decimal, *, quantity: int = 1) -> str:
        """What `quantity` of something cost, in the visitor's currency and way of writing."""
        return self.write(self.convert(euros) * quantity)

    def convert(self, euros: Decimal) -> Decimal:
        """The price in the visitor's currency."""
        return money.convert(euros, self.currency)

    def write(self, amount: Decimal) -> str:
        """An amount that is in the visitor's currency already, as they write it."""
        return money.write(amount, currency=self.currency, locale=self.locale)


def current() -> Preferences:
    """The visitor's preferences, or the defaults before they chose any."""
    return Preferences.chosen_from(session.get("preferences", {}))


@blueprint.get("/preferences")
def show() -> str:
    return render_template("preferences.html", choices=CHOICES)


@blueprint.post("/preferences")
def save() -> Response:
    session["preferences"] = asdict(Preferences.chosen_from(request.form))
    flash("Your preferences are saved.", "success")
    return redirect(url_for("preferences.show"), 303)
