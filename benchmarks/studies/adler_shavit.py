"""The smallest networks of the construction `adler-shavit`, against the law of its paper.

Pairwise ANDs with as many gates as features, every feature in two gates. What is measured of a
network is in `measured`, and what is shown of it in `COLUMNS` and `_cells`.
"""

from __future__ import annotations

from math import log2, sqrt

import numpy as np

import polyseme as ps
from harness.compiling import smallest
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side

ACTIVE, ERROR, SEED, SAMPLES = 3, 1e-3, 0, 20_000
PLAIN, TUNED = "adler-shavit", "tight-frames"
# Those that take longest first.
SEARCHED, TUNED_SEARCHED = (2**14, 2**12, 2**10), (2**16, 2**14, 2**12, 2**10)
# Where each probe takes long, the first of some rising sizes that passes is taken.
GIVEN = ((2**18, (10_500, 11_500, 12_500, 14_000)), (2**16, (5_400, 5_700, 6_000, 6_400)))
TUNED_GIVEN = (6_640, 6_800, 7_000)
QUICK_SEARCHED = (2**10, 2**9, 2**8)

ABOUT = (
    "`and2` with as many gates m' as features, each feature in exactly two gates,",
    f"{ACTIVE} features on at once, seed {SEED}: the smallest network of `{PLAIN}` with an error",
    f"under {ERROR:g} on *satisfied* inputs (upper end of the 95 % interval), found by the search",
    f"of `compile --construction {PLAIN}`; *again* are its errors on {SAMPLES:,} other satisfied",
    "inputs. At sizes marked with a star no search was run: of the sizes listed below, the first",
    f"that passed on {SAMPLES:,} satisfied inputs is taken. *n / law* is n / (sqrt(m') log2 m'),",
    "for which the upper bound of the paper is a constant. *stored* counts the bits of all",
    "weights and biases as stored, and *entropy* those that an ideal coder needs for the weights,",
    f"both over m' log2^2 m', the paper's bound for parameters. `{TUNED}`, found in the same way,",
    "is our smallest construction for these problems; its ReLUs do not bend within the promise,",
    "so the thresholds of its readout make the ANDs, while the ReLUs of `adler-shavit` do bend.",
)
COLUMNS = ("m'", "n", "wrong", "again", "n / law", "stored / m' log2^2 m'")
COLUMNS += ("entropy / m' log2^2 m'", f"`{TUNED}`", "n over it")


def searched(construction: str, gates: int) -> Row:
    """Return the smallest network of a construction that the compiler's search finds."""
    circuit = ps.problems.pairwise_and(gates, gates)
    found = smallest(construction, circuit, active=ACTIVE, error=ERROR, seed=SEED)
    row = measured(found.network, circuit) | {"wrong": found.wrong, "samples": found.samples}
    return row | {"construction": construction, "given": False, "reached": found.reached}


def given(construction: str, gates: int, sizes: list[int]) -> Row:
    """Return the first network of some rising sizes that passes, or the last."""
    circuit = ps.problems.pairwise_and(gates, gates)
    tried = []
    for neurons in sizes:
        network = ps.compile(
            circuit,
            active=ACTIVE,
            error=ERROR,
            neurons=neurons,
            construction=construction,
            seed=SEED,
        )
        seen = ps.verify(network, circuit, samples=SAMPLES, active=ACTIVE)
        tried.append([network.neurons, seen.wrong])
        if seen.error_interval[1] < ERROR:
            break
    row = measured(network, circuit) | {"wrong": seen.wrong, "samples": seen.samples}
    reached = seen.error_interval[1] < ERROR
    return row | {
        "construction": construction,
        "given": True,
        "reached": reached,
        "tried": tried,
    }


def measured(network: ps.Network, circuit: ps.Circuit) -> Row:
    """Return what is measured of every network, whichever way its size was found."""
    (layer,) = network.layers
    again = ps.verify(network, circuit, samples=SAMPLES, active=ACTIVE, seed=SEED + 2)
    return {
        "gates": circuit.gates,
        "neurons": network.neurons,
        "again": again.wrong,
        "stored": 8 * (layer.weights.nbytes + layer.bias.nbytes),
        "entropy": network.weight_bits(),
    }


def exponent(rows: list[Row]) -> float:
    """Return the slope of log neurons against log gates."""
    gates, neurons = (np.log([row[name] for row in rows]) for name in ("gates", "neurons"))
    return round(float(np.polyfit(gates, neurons, 1)[0]), 3)


class AdlerShavit(Part):
    """The construction of Adler and Shavit against its law."""

    name = "adler_shavit"
    title = "The construction of Adler and Shavit"
    measures = "smallest networks of `adler-shavit` against sqrt(m') log m', up to 2^18 gates"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Search at every size, plain and tuned, side by side."""
        if size is Size.QUICK:
            jobs = [
                Job(searched, _case(name, m)) for m in QUICK_SEARCHED for name in (PLAIN, TUNED)
            ]
        else:
            jobs = [Job(given, _case(PLAIN, m) | {"sizes": list(sizes)}) for m, sizes in GIVEN]
            jobs.append(Job(given, _case(TUNED, GIVEN[0][0]) | {"sizes": list(TUNED_GIVEN)}))
            jobs += [Job(searched, _case(PLAIN, m)) for m in SEARCHED]
            jobs += [Job(searched, _case(TUNED, m)) for m in TUNED_SEARCHED]
        rows = sorted(side_by_side(jobs, tell), key=lambda row: row["gates"])
        found = {
            name: [row for row in rows if row["construction"] == name] for name in (PLAIN, TUNED)
        }
        return {"found": found, "exponents": {name: exponent(found[name]) for name in found}}

    def section(self, results: Results) -> list[str]:
        """Return the table of sizes, the fits, and the sizes tried where no search was run."""
        found, slopes = results[self.name]["found"], results[self.name]["exponents"]
        pairs = list(zip(found[PLAIN], found[TUNED], strict=True))
        first, last = found[PLAIN][0], found[PLAIN][-1]
        law = exponent([{"gates": m, "neurons": _law(m)} for m in _gates(found[PLAIN])])
        lines = [*ABOUT, *table(COLUMNS, [_cells(plain, tuned) for plain, tuned in pairs])]
        lines += [
            f"Fitted over these sizes, n grows as m' to the {slopes[PLAIN]:.3f}, sqrt(m') log2 m'",
            f"as m' to the {law:.3f}, and `{TUNED}` as m' to the {slopes[TUNED]:.3f}. n over",
            f"sqrt(m') log2 m' goes from {_ratio(first):.2f} to {_ratio(last):.2f}.",
        ]
        for row in (*found[PLAIN], *found[TUNED]):
            if row["given"]:
                tries = ", ".join(f"{n:,} ({wrong} wrong)" for n, wrong in row["tried"])
                lines += ["", f"`{row['construction']}` at {row['gates']:,} gates: {tries}."]
        return lines

    def finding(self, results: Results) -> str:
        """Return the range of n over the law."""
        rows = results[self.name]["found"][PLAIN]
        first, last = rows[0], rows[-1]
        return (
            f"n / (sqrt(m') log2 m') falls from {_ratio(first):.2f} at {first['gates']:,} gates to "
            f"{_ratio(last):.2f} at {last['gates']:,}"
        )


def _case(construction: str, gates: int) -> dict[str, str | int]:
    return {"construction": construction, "gates": gates}


def _gates(rows: list[Row]) -> list[int]:
    return [row["gates"] for row in rows]


def _law(gates: int) -> float:
    return sqrt(gates) * log2(gates)


def _ratio(row: Row) -> float:
    return float(row["neurons"] / _law(row["gates"]))


def _cells(plain: Row, tuned: Row) -> tuple[str, ...]:
    bits = plain["gates"] * log2(plain["gates"]) ** 2
    return (
        f"{plain['gates']:,}",
        _size(plain),
        f"{plain['wrong']} of {plain['samples']:,}",
        f"{plain['again']}",
        f"{_ratio(plain):.2f}",
        f"{plain['stored'] / bits:.1f}",
        f"{plain['entropy'] / bits:.1f}",
        _size(tuned),
        f"{plain['neurons'] / tuned['neurons']:.2f}",
    )


def _size(row: Row) -> str:
    if not row["reached"]:
        return f"not with {row['neurons']:,}"
    return f"{row['neurons']:,}" + ("\\*" if row["given"] else "")
