"""What the shop sells. Prices live here only: the session holds article numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

CATEGORIES = MappingProxyType(
    {
        "biscuits": "Biscuits",
        "gifts": "Tins & gifts",
        "table": "For the table",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One article: the price in euros, `tint` the background that its picture stands on."""

    sku: str
    name: str
    category: str
    price: Decimal
    unit: str
    line: str
    story: str
    facts: tuple[str, ...]
    tint: str


_ALL = (
    Product(
        sku="chocolate-chip",
        name="Dark chocolate chip",
        category="biscuits",
        price=Decimal("2.40"),
        unit="each",
        line="Crisp at the rim, soft in the middle.",
        story="Brown butter, a night of rest for the dough, and chocolate chopped by hand so that "
        "no two bites are alike. Sea salt goes on while they are still warm.",
        facts=("70% cocoa", "Keeps five days", "Contains wheat, milk, egg"),
        tint="sand",
    ),
    Product(
        sku="linzer",
        name="Raspberry window",
        category="biscuits",
        price=Decimal("2.60"),
        unit="each",
        line="Hazelnut pastry around a heart of jam.",
        story="Two thin leaves of hazelnut pastry, a window cut by hand, and raspberry jam that is "
        "cooked just long enough to stay sharp.",
        facts=("Our own jam", "Keeps ten days", "Contains wheat, milk, hazelnut"),
        tint="rose",
    ),
    Product(
        sku="pistachio-macaron",
        name="Pistachio macaron",
        category="biscuits",
        price=Decimal("2.80"),
        unit="each",
        line="A thin shell, then almost nothing at all.",
        story="Sicilian pistachio, ground on the morning it is used. The shells rest until they "
        "grow a skin, which is what gives them their small ruffled foot.",
        facts=("No wheat", "Best on the day", "Contains egg, almond, pistachio"),
        tint="sage",
    ),
    Product(
        sku="ginger-snap",
        name="Ginger snap",
        category="biscuits",
        price=Decimal("1.80"),
        unit="each",
        line="Thin, dark, and it does snap.",
        story="Dried ginger for the warmth and fresh ginger for the bite, with treacle and a turn "
        "of black pepper. Made for dunking.",
        facts=("No egg", "Keeps three weeks", "Contains wheat, milk"),
        tint="butter",
    ),
    Product(
        sku="shortbread",
        name="Shortbread fingers",
        category="biscuits",
        price=Decimal("5.20"),
        unit="three",
        line="Butter, flour, sugar and patience.",
        story="Four ingredients, so each has to be good. Baked low and slow until the edges turn "
        "the colour of straw, then pricked and cut by hand.",
        facts=("32% butter", "Keeps three weeks", "Contains wheat, milk"),
        tint="sky",
    ),
    Product(
        sku="half-moon",
        name="Half moon",
        category="biscuits",
        price=Decimal("2.90"),
        unit="each",
        line="Vanilla on one side, cocoa on the other.",
        story="A soft lemon cake of a biscuit under two icings. Fold it in half to have both at "
        "once, or choose a side and defend it.",
        facts=("Two icings", "Keeps four days", "Contains wheat, milk, egg"),
        tint="rose",
    ),
    Product(
        sku="oat-raisin",
        name="Oat & raisin",
        category="biscuits",
        price=Decimal("2.20"),
        unit="each",
        line="The sensible one. Nearly breakfast.",
        story="Rolled oats toasted in the pan, raisins that spent the night in tea, and just "
        "enough cinnamon to notice when it is gone.",
        facts=("Whole oats", "Keeps six days", "Contains oats, wheat, milk, egg"),
        tint="sage",
    ),
    Product(
        sku="tin-of-twelve",
        name="Tin of twelve",
        category="gifts",
        price=Decimal("29.00"),
        unit="a tin",
        line="A dozen of the day's best in a tin to keep.",
        story="We choose what came out well this morning. The tin is printed steel, closes "
        "properly, and will hold buttons for the forty years after.",
        facts=("Twelve biscuits", "Printed steel", "18 cm across"),
        tint="sky",
    ),
    Product(
        sku="letterbox",
        name="Letterbox parcel",
        category="gifts",
        price=Decimal("18.50"),
        unit="a parcel",
        line="Fits through the slot, so nobody waits in.",
        story="Shortbread and ginger snaps, the two that travel best, in a flat box with a card "
        "in your own words.",
        facts=("Nine biscuits", "Handwritten card", "24 mm high"),
        tint="sand",
    ),
    Product(
        sku="milk-jug",
        name="Milk jug",
        category="table",
        price=Decimal("34.00"),
        unit="each",
        line="Half a litre, and it pours without a drip.",
        story="Thrown in stoneware two streets away. The lip is cut while the clay is still soft, "
        "which is the whole secret of a jug that does not drip.",
        facts=("0.5 litres", "Stoneware", "Dishwasher safe"),
        tint="butter",
    ),
    Product(
        sku="cup-and-saucer",
        name="Cup & saucer",
        category="table",
        price=Decimal("26.00"),
        unit="a pair",
        line="With room on the saucer for one more.",
        story="A generous cup, and a saucer wide enough for the biscuit that you said you would "
        "not have.",
        facts=("220 ml", "Stoneware", "Dishwasher safe"),
        tint="sage",
    ),
    Product(
        sku="tea-plate",
        name="Tea plate",
        category="table",
        price=Decimal("1260.00"),
        unit="set of sixty",
        line="For a party, or a very long life.",
        story="The plate from our own counter, in a set of sixty because somebody asked. Glazed "
        "twice, so that the rim stays warm under the fingers.",
        facts=("Sixty plates", "Stoneware", "17 cm across"),
        tint="rose",
    ),
)

PRODUCTS = MappingProxyType({product.sku: product for product in _ALL})


def in_category(category: str | None) -> list[Product]:
    """The products of one category, or all of them, in the order of the shelf."""
    return [product for product in _ALL if category in (None, product.category)]
