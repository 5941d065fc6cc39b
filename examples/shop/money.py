"""Prices as the visitor reads them: their currency, their way of writing numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and how much of it one euro buys; the rates are fixed, this is a demonstration."""

    name: str
    symbol: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a country writes 1234.50; `pattern` places {symbol} and {amount}."""

    name: str
    group: str
    point: str
    pattern: str


CURRENCIES = MappingProxyType(
    {
        "EUR": Currency("Euro", "€", Decimal(1)),
        "GBP": Currency("Pound sterling", "£", Decimal("0.86")),
        "USD": Currency("US dollar", "$", Decimal("1.09")),
        "CHF": Currency("Swiss franc", "CHF", Decimal("0.95")),
    }
)

FORMATS = MappingProxyType(
    {
        "en-GB": NumberFormat("Britain", ",", ".", "{symbol}{amount}"),
        "de-DE": NumberFormat("Germany", ".", ",", "{amount}\xa0{symbol}"),
        "fr-FR": NumberFormat("France", "\u202f", ",", "{amount}\xa0{symbol}"),
        "de-CH": NumberFormat("Switzerland", "\u2019", ".", "{symbol}\xa0{amount}"),
    }
)


def convert(euros: Decimal, currency: str) -> Decimal:
    """The price in another currency, rounded to its hundredth; half a hundredth goes up."""
    amount = euros * CURRENCIES[currency].rate
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def write(amount: Decimal, *, currency: str, locale: str) -> str:
    """The amount with its symbol, as the country of `locale` writes it: 1.234,50 €."""
    style = FORMATS[locale]
    symbol = CURRENCIES[currency].symbol
    if style.pattern.startswith("{symbol}{") and symbol.isalpha():
        symbol += "\xa0"
    whole, _, hundredths = f"{amount:,.2f}".partition(".")
    written = whole.replace(",", style.group) + style.point + hundredths
    return style.pattern.format(symbol=symbol, amount=written)
