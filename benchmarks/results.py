"""Everything that one run has measured, and the figure that each mark is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.checks import COUNTS, ENDED, MANY, Check, check, many_against
from benchmarks.chunks import Split
from benchmarks.cold_start import SECRET
from benchmarks.floor import Costs
from benchmarks.imports import Cold
from benchmarks.listed import Listed
from benchmarks.lookup import FIND, Search, found
from benchmarks.marks import Mark
from benchmarks.peers import DEFAULT, OURS
from benchmarks.requests import CONTROL, Cell
from benchmarks.sizes import Size, against, against_line
from benchmarks.snapshots import ABSENT, LISTED, Snapshots
from benchmarks.stored import Stored
from benchmarks.timing import RESOLUTION, Spread, geometric_mean, median, ratios


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run has measured.

    Attributes:
        machine: lines that say where and with what.
        seconds: how long the run took.
        cells: the cost of sessions in requests.
        control: Flask's interface against itself.
        sizes: octets of cookies.
        floor: opening, and packing and sealing, against the calls they can't avoid.
        cold: what cold starts took.
        searches: one key among many against the only key.
        splits: sessions of one cookie and more.
        stored: sessions with a value in Redis.
        checks: sessions looked up in a revocation list in memory.
        snapshots: the same in a signed snapshot, and loading it.
        listed: sessions under a revocation list in Redis.
        bare: requests that bring no session cookie, or only cookies of others.
    """

    machine: Sequence[str]
    seconds: float
    cells: Sequence[Cell]
    control: Cell
    sizes: Sequence[Size]
    floor: Sequence[Costs]
    cold: Cold
    searches: Sequence[Search]
    splits: Sequence[Split]
    stored: Stored
    checks: Sequence[Check]
    snapshots: Snapshots
    listed: Listed
    bare: Sequence[Cell]

    def cheaper(self, operation: str, than: str) -> Spread:
        """How many times cheaper we are: the geometric mean over shapes and kinds."""
        cells = [cell for cell in self.cells if cell.operation == operation]
        table = [cell.cheaper(OURS, than) for cell in cells]
        return _mean_of(table)

    def cost(self, operation: str, peer: str) -> float:
        """Seconds that the session costs: the geometric mean over shapes and kinds."""
        cells = [cell for cell in self.cells if cell.operation == operation]
        return geometric_mean(max(median(cell.costs(peer)), RESOLUTION) for cell in cells)

    def against_floor(self, what: str) -> Spread:
        """How many times the floor this costs: the geometric mean over shapes."""
        return _mean_of([costs.ratios for costs in self.floor if costs.what == what])

    def noise(self) -> Spread:
        """Flask's interface against itself: 1, but for noise."""
        return Spread.of(self.control.cheaper(CONTROL, DEFAULT))

    def figure(self, mark: Mark) -> Spread:
        """The figure that this mark is about."""
        subject, _, which = mark.name.partition(" ")
        if subject == "cost":
            return self.cheaper(which, DEFAULT)
        if subject == "floor":
            return self.against_floor(which)
        if subject == "size":
            worse = max(against(self.sizes, which, OURS), against_line(self.sizes, which, OURS))
            return Spread(worse, worse, worse)
        if subject == "import":
            more = self.cold.more(SECRET)
            return Spread(more.low * 1e3, more.middle * 1e3, more.high * 1e3)
        if subject == "revoked":
            return self._revoked(which)
        return self._looked_up()

    def _looked_up(self) -> Spread:
        # Both are against the only key. A look-up takes less than the timer can tell apart.
        hundred, thousand = (found(self.searches, FIND, keys=keys).ratios for keys in (100, 1000))
        pairs = ((hundred, thousand), (thousand, hundred))
        spreads = [Spread.of(hundred), *(Spread.of(ratios(*pair)) for pair in pairs)]
        return max(spreads, key=lambda spread: spread.middle)

    def _revoked(self, which: str) -> Spread:
        snapshots = self.snapshots
        if which == "flat":
            spreads = [
                Spread.of(many_against(found, ENDED, entries))
                for found in (self.checks, snapshots.lookups)
                for entries in COUNTS[:-1]
            ]
        elif which == "search":
            searches = [check(snapshots.lookups, what, MANY) for what in (LISTED, ABSENT)]
            spreads = [Spread.of(time * 1e6 for time in one.times) for one in searches]
        else:
            size = snapshots.octets / 1e6
            spreads = [Spread(size, size, size)]
        return max(spreads, key=lambda spread: spread.middle)


def _mean_of(table: Sequence[Sequence[float]]) -> Spread:
    by_round = Spread.of(geometric_mean(row) for row in zip(*table, strict=True))
    middle = geometric_mean(median(row) for row in table)
    # The mean of medians is steadier than the median of means, and in few rounds lies beside it.
    return Spread(min(by_round.low, middle), middle, max(by_round.high, middle))
