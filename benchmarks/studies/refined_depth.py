"""Refinement through depth: how many wrong samples deep networks have before and after, by size.

Every size is built and refined with seed 0. A size is chosen, compiled and refined, as the smallest
of the grid that passes on the samples of one seed; what is said of it is of another's.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import polyseme as ps
from harness.compiling import clopper_pearson, declared_neurons, exact_size_of
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart

ERROR, SEED, SAMPLES = 1e-3, 0, 20_000
# Seeds of the samples that sizes are chosen on, and of those that the table shows.
CHOSEN_ON, SHOWN = 51, 52
KINDS = ("compiled", "refined")


@dataclass(frozen=True)
class Case:
    """A layered circuit, the passes of refinement, and the ReLUs per layer that are tried."""

    width: int
    depth: int
    active: int
    passes: int
    compiled: tuple[int, ...]
    refined: tuple[int, ...]


CASES = (
    Case(1_000, 4, 1, 300, (700, 760, 820, 880), (360, 420)),
    Case(1_000, 4, 2, 300, (980,), (720, 800, 850, 980)),
    Case(4_000, 8, 2, 300, (2_900, 3_100, 3_300), (2_300, 2_650)),
    Case(4_000, 8, 3, 300, (3_990,), (3_300,)),
)
QUICK_CASES = (Case(300, 2, 1, 10, (250,), (200, 250)),)

ABOUT = (
    "`layered` circuits, seed 0, wires carried by gates (`--carry gates`), decided (`--epsilon",
    "none`): networks of `deep` with at most so many ReLUs per layer, as the construction builds",
    "them and after `polyseme.refine` with so many *passes*. *Wrong* are inputs with any output",
    f"wrong, of {SAMPLES:,} fresh *satisfied* ones, the same for all networks of a circuit. A size",
    f"*passes* if the upper end of the exact 95 % interval is below {ERROR:g} on {SAMPLES:,}",
    "others, on which sizes are chosen and nothing else. *Exact* is the widest layer of the",
    "exact network with fewer ReLUs in all. CPU seconds are those of one refinement, with its",
    "checks before and after.",
)


def tried(width: int, depth: int, active: int, passes: int, neurons: int, refined: bool) -> Row:
    """Return the wrong samples of a network of one size, and of the refined one if asked for."""
    circuit = ps.problems.layered(width, depth, active=active)
    network = ps.compile(
        circuit,
        active=active,
        neurons=neurons,
        construction="deep",
        carry="gates",
        epsilon=None,
        seed=SEED,
    )
    row: Row = {"neurons": network.neurons, "compiled": _wrong(network)}
    if refined:
        begun = time.process_time()
        found = ps.refine(network, passes=passes, error=ERROR, seed=SEED)
        row["seconds"] = round(time.process_time() - begun, 1)
        row["refined"], row["moved"] = _wrong(found.network), round(found.moved, 3)
    return row


def about(width: int, depth: int, active: int) -> Row:
    """Return the size of the exact network and the one that the construction declares."""
    circuit = ps.problems.layered(width, depth, active=active)
    declared = declared_neurons("deep", circuit, active=active, error=ERROR, carry="gates")
    return {"declared": declared, "exact": exact_size_of(circuit, active=active)}


def _wrong(network: ps.Network) -> dict[str, int]:
    return {
        name: ps.verify(network, samples=SAMPLES, inputs="satisfied", seed=seed).wrong
        for name, seed in (("chosen_on", CHOSEN_ON), ("shown", SHOWN))
    }


def smallest(row: Row, kind: str) -> Row | None:
    """Return the smallest size whose networks of a kind pass on the samples sizes are chosen on."""
    passing = [one for one in row["sizes"] if kind in one and _passes(one[kind]["chosen_on"])]
    return min(passing, key=lambda one: int(one["neurons"])) if passing else None


def _passes(wrong: int) -> bool:
    return bool(clopper_pearson(wrong, SAMPLES)[1] < ERROR)


class RefinedDepth(Part):
    """Wrong samples of deep networks by size, before and after refinement."""

    name = "refined_depth"
    title = "Refinement through depth"
    measures = "wrong samples of deep networks by ReLUs, compiled and refined"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Build, refine and try one network after another."""
        rows = []
        for case in QUICK_CASES if size is Size.QUICK else CASES:
            place = {"width": case.width, "depth": case.depth, "active": case.active}
            sizes = []
            for neurons in sorted({*case.compiled, *case.refined}):
                asked = {"passes": case.passes, "neurons": neurons}
                job = Job(tried, {**place, **asked, "refined": neurons in case.refined})
                sizes.append(apart(job, 1))
                tell(f"{job}: {sizes[-1]}")
            rows.append({**asdict(case), **apart(Job(about, place)), "sizes": sizes})
        return {"error": ERROR, "samples": SAMPLES, "cases": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of smallest sizes and that of all sizes."""
        rows = results[self.name]["cases"]
        return [*ABOUT, *_smallest_table(rows), "All sizes:", *_sizes_table(rows)]

    def finding(self, results: Results) -> str:
        """Return the largest share of ReLUs saved, or that none was."""
        saved = [(share, row) for row in results[self.name]["cases"] if (share := _saved(row))]
        if not saved:
            return "no size passes both compiled and refined"
        share, row = max(saved, key=lambda pair: pair[0])
        return (
            f"{row['width']:,} wires, {row['depth']} levels, {row['active']} on: "
            f"{share:.0%} fewer ReLUs than compiled at an error of {ERROR:g}"
        )


def _saved(row: Row) -> float | None:
    """Return the share of ReLUs that refinement saves; None where no size of a kind passes."""
    compiled, refined = (smallest(row, kind) for kind in KINDS)
    if compiled is None or refined is None:
        return None
    return 1 - int(refined["neurons"]) / int(compiled["neurons"])


def _smallest_table(rows: list[Row]) -> list[str]:
    header = ("wires per level", "levels", "on", "exact", "declared", "compiled", "wrong")
    header += ("refined", "wrong", "saved")
    cells = []
    for row in rows:
        found = []
        for kind in KINDS:
            one = smallest(row, kind)
            found += ["–", "–"] if one is None else [f"{one['neurons']:,}", _shown(one, kind)]
        share = _saved(row)
        cells.append(
            (
                f"{row['width']:,}",
                f"{row['depth']}",
                f"{row['active']}",
                f"{row['exact']['neurons']:,}",
                f"{row['declared']:,}",
                *found,
                "–" if share is None else f"**{share:.0%}**",
            )
        )
    return ["", "Smallest sizes of the grid that pass, in ReLUs per layer:", *table(header, cells)]


def _sizes_table(rows: list[Row]) -> list[str]:
    header = ("wires per level", "levels", "on", "ReLUs per layer", "compiled, wrong")
    header += ("refined, wrong", "passes", "W moved", "CPU s")
    cells = []
    for row in rows:
        for one in row["sizes"]:
            told = ("–", "–", "–", "–")
            if "refined" in one:
                moved = f"{one['moved']:.0%}"
                told = (_shown(one, "refined"), f"{row['passes']}", moved, f"{one['seconds']:.0f}")
            cells.append(
                (
                    f"{row['width']:,}",
                    f"{row['depth']}",
                    f"{row['active']}",
                    f"{one['neurons']:,}",
                    _shown(one, "compiled"),
                    *told,
                )
            )
    return table(header, cells)


def _shown(one: Row, kind: str) -> str:
    return f"{one[kind]['shown']:,}"
