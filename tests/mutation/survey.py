"""All mutants of the chosen modules against their tests, and the account of it.

python -m tests.mutation.survey PROCESSES [MODULE ...], in the folder of a copy of the tree.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

from tests.mutation import trial
from tests.mutation.mutants import Mutant, difference, module_source, mutants_of
from tests.mutation.targets import targets

_ACCEPTED = Path(__file__).with_name("equivalent.toml")


def main(processes: int, wanted: list[str]) -> int:
    """Print for each module how many mutants died, and every survivor without a reason.

    Returns:
        0 if each survivor is accepted, else 1.
    """
    trial.prepare()
    accepted = _accepted()
    unexplained = 0
    for module, tests in targets(wanted).items():
        started = time.monotonic()
        source = module_source(module)
        limit = _limit(Mutant(module, "", "", source), tests)
        counts: Counter[str] = Counter()
        unused = {identity for identity in accepted if identity[0] == module}
        for mutant, result, _ in trial.outcomes(
            mutants_of(module, source), tests, processes=processes, limit=limit
        ):
            counts[result] += 1
            if result != "survived":
                continue
            unused.discard(mutant[:3])
            if mutant[:3] in accepted:
                counts["accepted"] += 1
            else:
                unexplained += 1
                print(f"\nsurvived:\n{difference(source, mutant)}\n", flush=True)
        for _, function, change in sorted(unused):
            print(f"\naccepted, but no survivor, in {function}:\n{change}\n", flush=True)
        print(
            f"{module}: {counts.total() - counts['accepted']} mutants, {counts['killed']} killed, "
            f"{counts['timeout']} timed out, {counts['survived']} survived "
            f"({counts['accepted']} of them accepted), {time.monotonic() - started:.0f} s",
            flush=True,
        )
    if unexplained:
        print(f"{unexplained} survivors are not in {_ACCEPTED.name}.")
    return int(unexplained > 0)


def _accepted() -> frozenset[tuple[str, str, str]]:
    entries = tomllib.loads(_ACCEPTED.read_text("utf-8"))["equivalent"]
    return frozenset(
        (entry["module"], entry["function"], change.strip())
        for entry in entries
        for change in entry["changes"]
    )


def _limit(unchanged: Mutant, tests: tuple[str, ...]) -> float:
    (outcome,) = trial.outcomes([unchanged], tests, processes=1, limit=300)
    if outcome.result != "survived":
        raise SystemExit(f"The tests {' '.join(tests)} fail without any change. Mend them first.")
    return 20 + 10 * outcome.seconds


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
