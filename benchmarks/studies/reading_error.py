"""Reading errors of networks of given sizes: the frontier, other seeds, influence, refinement.

Sizes are given, so nothing was chosen on the inputs that are read. The published constructions, of
which the size is searched for decisions, are read as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import polyseme as ps
from harness.compiling import LayerComputation, file_bytes, floor_of_epsilon, smallest
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import read
from harness.processes import Job, side_by_side

SAMPLES, READ_SEED, ERROR = 30_000, 7, 1e-3
AND, FOUR = "and2:features={0},gates={0}", "and:k=4,features={0},gates={0}"
PERMUTATION = "permutation:features={0}"
UNIFORM, ZIPF = AND + ",influence=uniform", AND + ",influence=zipf"


@dataclass(frozen=True)
class Case:
    """A network to read: its problem, size, and the reading error its codes are made for."""

    problem: str
    active: int
    neurons: int
    epsilon: float = 0.25
    seed: int = 0
    passes: int = 0


def _at(problem: str, active: int, *sizes: tuple[int, float]) -> Iterator[Case]:
    return (Case(problem, active, neurons, epsilon) for neurons, epsilon in sizes)


# Those that take longest first.
FRONTIER = (
    *_at(AND.format(100_000), 3, (9_000, 0.25)),
    *_at(AND.format(10_000), 3, (6_000, 0.1), (4_100, 0.15), (3_200, 0.2), (2_600, 0.25)),
    *_at(AND.format(1_000), 3, (900, 0.15), (760, 0.2), (670, 0.25)),
    *_at(FOUR.format(5_000), 6, (4_500, 0.15), (3_500, 0.2), (3_000, 0.25)),
    *_at(FOUR.format(5_000), 4, (2_500, 0.15), (1_800, 0.25)),
    *_at(PERMUTATION.format(10_000), 3, (6_000, 0.1), (3_700, 0.2), (2_800, 0.25)),
    *_at(PERMUTATION.format(1_000), 3, (900, 0.15), (670, 0.25)),
    *_at("airports", 2, (4_000, 0.1), (2_500, 0.15), (1_500, 0.25)),
)
INFLUENCES = (
    *_at(ZIPF.format(10_000), 3, (8_500, 0.25), (7_400, 0.25)),
    *_at(UNIFORM.format(10_000), 3, (3_200, 0.25), (2_800, 0.25)),
    *_at(ZIPF.format(1_000), 3, (900, 0.25)),
    *_at(UNIFORM.format(1_000), 3, (900, 0.25), (760, 0.25)),
)
SEEDS = tuple(Case(AND.format(10_000), 3, 2_600, seed=seed) for seed in range(1, 6))
REFINED = (
    *(Case(AND.format(10_000), 3, 2_200, seed=seed, passes=30) for seed in range(3)),
    *(Case(AND.format(1_000), 3, 560, seed=seed, passes=50) for seed in range(5)),
)
TABLES = {"frontier": FRONTIER, "influences": INFLUENCES, "seeds": SEEDS, "refined": REFINED}
# Construction, problem, and the features on at once.
PUBLISHED = (
    ("universal-and", "uand:features=60", (2, 3, 4, 5)),
    ("adler-shavit", AND.format(1_024), (2, 3, 4, 5)),
    ("error-correction", "layered:width=400,depth=2,active={0}", (2, 3)),
)
QUICK_TABLES = {name: tuple(_at(AND.format(400), 3, (350, 0.25))) for name in TABLES}
QUICK_PUBLISHED = (("universal-and", "uand:features=12", (2,)),)

ABOUT = (
    "How near affine readings of the hidden layer come to all gates at once: the error that all",
    f"but a thousandth of {SAMPLES:,} inputs of each kind keep (seed {READ_SEED} of the inputs).",
    "*made for* is the reading error that the codes are made for (`--epsilon`), *exact* the ReLUs",
    "of the smallest exact network, *floor* a heuristic least size for the worst kind's reading",
    "error ([theory](../theory.md#floors)), *wrong* the satisfied inputs of 20,000 with any output",
    "wrong. Problems have seed 0.",
)
ABOUT_PUBLISHED = (
    f"The smallest networks that decide under an error of {ERROR:g} (found by the search, seed 0),",
    "and how near their readings come. These constructions leave the last word to thresholds; a",
    "reading error under .25 in every layer would mean that they compute. `universal-and` and",
    "`error-correction` are those of Hänni et al., the first with inputs of a dimension each;",
    "`error-correction` is declared for up to 3 features on.",
)
COLUMNS = ("problem", "s", "seed", "construction", "made for", "ReLUs", "satisfied", "uniform")
COLUMNS += (
    "one-short",
    "most",
    "kappa mean / least",
    "wrong",
    "exact",
    "floor",
    "parameters",
    "bytes",
)
HEADINGS = {
    "frontier": "Frontier",
    "influences": "Other influences",
    "seeds": "Other seeds of the network",
    "refined": "Refined",
}
PUBLISHED_COLUMNS = ("construction", "problem", "s", "ReLUs per layer", "layers", "reading error")
PUBLISHED_COLUMNS += ("kappa mean / least", "exact")


def reading(problem: str, active: int, neurons: int, epsilon: float, seed: int, passes: int) -> Row:
    """Return the reading errors of a network of a given size."""
    circuit = read(problem)
    if passes:
        network = ps.compile_refined(
            circuit, active=active, epsilon=epsilon, neurons=neurons, seed=seed, passes=passes
        ).network
    else:
        network = ps.compile(circuit, active=active, epsilon=epsilon, neurons=neurons, seed=seed)
    (layer,) = ps.reading_error(network, samples=SAMPLES, seed=READ_SEED).layers
    return {
        "neurons": network.neurons,
        "construction": network.provenance.construction,
        "exact": network.provenance.monosemantic_neurons,
        "parameters": network.parameters,
        "bytes": file_bytes(network),
        "wrong": ps.verify(network, circuit, seed=READ_SEED).wrong,
        "kinds": {kind.inputs: round(kind.epsilon, 4) for kind in layer.kinds},
        "most": round(layer.epsilon_max, 4),
        "kappa": _kappa(layer),
        "floor": floor_of_epsilon(circuit, active, layer.epsilon),
    }


def published(construction: str, problem: str, active: int) -> Row:
    """Return the reading error of every layer of the smallest network that decides rightly."""
    circuit = read(problem.format(active))
    found = smallest(construction, circuit, active=active, error=ERROR)
    layers = ps.reading_error(found.network, samples=SAMPLES, seed=READ_SEED).layers
    return {
        "construction": construction,
        "problem": circuit.name,
        "active": active,
        "neurons": found.network.neurons,
        "reached": found.reached,
        "exact": found.network.provenance.monosemantic_neurons,
        "epsilons": [round(layer.epsilon, 4) for layer in layers],
        "kappa": _kappa(layers[0]),
    }


class ReadingErrors(Part):
    """The frontier of ReLUs against reading error."""

    name = "reading_error"
    title = "How near the readings of the hidden layer come"
    measures = (
        "reading errors by ReLUs, for ANDs, permutations and facts; refined and published ones"
    )

    def measure(self, size: Size, tell: Tell) -> Row:
        """Read one network after another, side by side."""
        quick = size is Size.QUICK
        cases = [
            (name, asdict(case))
            for name, listed in (QUICK_TABLES if quick else TABLES).items()
            for case in listed
        ]
        tasks = [
            {"construction": construction, "problem": problem, "active": active}
            for construction, problem, sizes in (QUICK_PUBLISHED if quick else PUBLISHED)
            for active in sizes
        ]
        jobs = [Job(reading, case) for _, case in cases] + [Job(published, one) for one in tasks]
        rows = side_by_side(jobs, tell)
        found: Row = {name: [] for name in TABLES}
        for (name, case), row in zip(cases, rows, strict=False):
            found[name].append(case | row)
        return found | {"published": rows[len(cases) :]}

    def section(self, results: Results) -> list[str]:
        """Return a table per question."""
        found = results[self.name]
        lines = list(ABOUT)
        for name, heading in HEADINGS.items():
            rows = sorted(found[name], key=_order)
            lines += ["", f"## {heading}", "", *table(COLUMNS, [_cells(row) for row in rows])]
        lines += ["", "## Published constructions", "", *ABOUT_PUBLISHED]
        return lines + table(
            PUBLISHED_COLUMNS, [_published_cells(row) for row in found["published"]]
        )

    def finding(self, results: Results) -> str:
        """Return the reading error of the refined networks of the largest problem, at its worst."""
        rows = results[self.name]["refined"]
        largest = max(row["exact"] for row in rows)
        row = max((row for row in rows if row["exact"] == largest), key=_worst)
        return (
            f"{row['exact']:,} ANDs read from {row['neurons']:,} ReLUs, refined, with an error of "
            f"{_worst(row):.3f} for the worst seed"
        )


def _kappa(layer: LayerComputation) -> list[float] | None:
    if layer.kappa_mean is None or layer.kappa_min is None:
        return None
    return [round(layer.kappa_mean, 3), round(layer.kappa_min, 3)]


def _worst(row: Row) -> float:
    return float(max(row["kinds"].values()))


def _order(row: Row) -> tuple[str, int, int, int]:
    return row["problem"], row["active"], row["neurons"], row["seed"]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"`{row['problem']}`",
        f"{row['active']}",
        f"{row['seed']}",
        row["construction"] + (f", {row['passes']} passes" if row["passes"] else ""),
        f"{row['epsilon']:g}",
        f"{row['neurons']:,}",
        *(f"{row['kinds'][kind]:.3f}" for kind in ("satisfied", "uniform", "one-short")),
        f"{row['most']:.3f}",
        _kappa_cell(row["kappa"]),
        f"{row['wrong']}",
        f"{row['exact']:,}",
        "" if row["floor"] is None else f"{row['floor']:,}",
        f"{row['parameters']:,}",
        f"{row['bytes']:,}",
    )


def _published_cells(row: Row) -> tuple[str, ...]:
    return (
        row["construction"],
        f"`{row['problem']}`",
        f"{row['active']}",
        f"{row['neurons']:,}" if row["reached"] else f"not with {row['neurons']:,}",
        f"{len(row['epsilons'])}",
        ", ".join(f"{epsilon:.3f}" for epsilon in row["epsilons"]),
        _kappa_cell(row["kappa"]),
        f"{row['exact']:,}",
    )


def _kappa_cell(kappa: list[float] | None) -> str:
    return "" if kappa is None else f"{kappa[0]:.2f} / {kappa[1]:.2f}"
