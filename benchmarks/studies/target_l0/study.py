"""Do autoencoders find gates? It depends on how many latents are to be on, and on the steps.

The knee of the loss, which the benchmark of methods takes as the target L0 as it must not know the
truth, is one choice of many. Here ReLU and TopK autoencoders are trained at every choice, longer
than there, and looked at on the way.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side
from harness.written import save_picture

TARGETS = (1, 2, 3, 4, 6, 8, 12, 16)
KINDS = ("ReLU", "TopK")


@dataclass(frozen=True)
class Case:
    """A network of the suite, the training of its autoencoders, and how many seeds there are."""

    network: str
    seeds: int
    steps: int = 8_000
    batch: int = 64
    targets: tuple[int, ...] = TARGETS


CASES = (
    Case("and2-200-load1", 3),
    # The same inputs in larger batches, as the benchmark of methods takes them.
    Case("and2-200-load1", 3, steps=2_000, batch=256),
    Case("and2-200-mono", 1),
)
QUICK_CASES = (Case("and2-64-load1", 1, steps=64, targets=(1, 4)),)

ABOUT = (
    "Autoencoders with as many latents as gates, trained on the layer that computes the gates of",
    "networks of the suite, with the code and settings of the benchmark of methods, which takes",
    "the knee of the loss as its target L0 and makes 2,000 steps of 256 inputs. Gates found is the",
    "score `features-gates` before it is corrected for chance: 1 for a latent per gate along its",
    "direction. Overlap is the mean |cosine| of two directions; where it is least, Chanin and",
    "Garriga-Alonso ([2025](https://arxiv.org/abs/2508.16560)) choose the L0.",
)
COLUMNS = ("network", "steps x inputs", "autoencoder", "target L0", "L0 at the end", "seeds")
COLUMNS += ("gates found, after each look",)
COLUMNS += ("loss, after each look", "latents' overlap at the end", "converged")


def job(**asked: Any) -> Row:
    """Return the row of one autoencoder."""
    # Needs torch, which the other parts do not wait for.
    from studies.target_l0.trained import trained

    return trained(**asked)


def layer_job(network: str) -> Row:
    """Return what the layer of a network holds."""
    from studies.target_l0.trained import layer

    return layer(network)


class TargetL0(Part):
    """Autoencoders at every target L0."""

    name = "target_l0"
    title = "How many latents are on decides whether autoencoders find gates"
    measures = "gates found by autoencoders on the layer that computes them, by target L0 and steps"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Train every autoencoder, side by side."""
        cases = QUICK_CASES if size is Size.QUICK else CASES
        layers = side_by_side([Job(layer_job, {"network": one.network}) for one in cases], tell)
        asked = [
            (case, _asked(case, kind, target))
            for case in cases
            for kind in KINDS
            for target in case.targets
        ]
        jobs = [
            Job(job, {**one, "seed": seed}) for case, one in asked for seed in range(case.seeds)
        ]
        runs = iter(side_by_side(jobs, tell))
        return {
            "cases": [asdict(case) for case in cases],
            "layers": layers,
            "rows": [
                {**one, "runs": [next(runs) for _ in range(case.seeds)]} for case, one in asked
            ],
        }

    def section(self, results: Results) -> list[str]:
        """Return what the layers hold, the picture, and a row per target."""
        found = results[self.name]
        layers = zip(found["cases"], found["layers"], strict=True)
        return [
            *ABOUT,
            "",
            *(_held(case, layer) for case, layer in layers),
            "",
            f"![Gates found by target L0]({self.name}.png)",
            "",
            *table(COLUMNS, [_cells(row) for row in found["rows"]]),
        ]

    def finding(self, results: Results) -> str:
        """Return the best and the worst target of ReLU autoencoders on the first network."""
        rows = results[self.name]["rows"]
        own = _of(rows, rows[0]["network"], rows[0]["kind"], rows[0]["steps"])
        scores = {row["target"]: _mean(row, "found")[-1] for row in own}
        best, worst = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
        return (
            f"ReLU autoencoders of {own[0]['network']}: gates found {scores[best]:.2f} at a target "
            f"L0 of {best}, {scores[worst]:.2f} at {worst}"
        )

    def draw(self, results: Results, folder: Path) -> None:
        """Draw what is found against the target, a panel per kind and a line per look."""
        from harness.plots import plt

        rows = results[self.name]["rows"]
        network, most = rows[0]["network"], rows[0]["steps"]
        others = {row["steps"] for row in rows if row["network"] == network} - {most}
        figure, axes = plt.subplots(
            1, len(KINDS), figsize=(12, 4.6), sharey=True, layout="constrained"
        )
        for axis, kind in zip(axes, KINDS, strict=True):
            own = _of(rows, network, kind, most)
            targets = [row["target"] for row in own]
            steps = [look["step"] for look in own[0]["runs"][0]["looks"]]
            every = np.array([[_found(run) for run in row["runs"]] for row in own])
            for number, step in enumerate(steps):
                values = every[:, :, number]
                colour = plt.get_cmap("viridis")(number / len(steps))
                axis.plot(targets, values.mean(axis=1), "o-", color=colour, label=f"{step:,}")
                low, high = values.min(axis=1), values.max(axis=1)
                axis.fill_between(targets, low, high, color=colour, alpha=0.15, lw=0)
            for fewer in sorted(others):
                ends = [
                    np.mean([_found(run)[-1] for run in row["runs"]])
                    for row in _of(rows, network, kind, fewer)
                ]
                batch = _of(rows, network, kind, fewer)[0]["batch"]
                axis.plot(targets, ends, "k--", label=f"{fewer:,} of {batch}")
            axis.set(xscale="log", title=f"{kind}, {network}", xlabel="target L0", ylim=(0, 1))
            axis.set_xticks(targets, [str(target) for target in targets])
            axis.minorticks_off()
            axis.grid(alpha=0.25)
        axes[0].set_ylabel("gates found (features-gates)")
        axes[-1].legend(title=f"steps of {rows[0]['batch']}", loc="lower left", fontsize=10)
        save_picture(figure, folder / f"{self.name}.png")


def _asked(case: Case, kind: str, target: int) -> Row:
    sizes = {"steps": case.steps, "batch": case.batch}
    return {"network": case.network, "kind": kind, "target": target, **sizes}


def _of(rows: list[Row], network: str, kind: str, steps: int) -> list[Row]:
    """Return the rows of all targets."""
    wanted = network, kind, steps
    return [row for row in rows if (row["network"], row["kind"], row["steps"]) == wanted]


def _found(run: Row) -> list[float]:
    return [look["found"] for look in run["looks"]]


def _mean(row: Row, name: str) -> list[float]:
    every = [[look[name] for look in run["looks"]] for run in row["runs"]]
    return [float(one) for one in np.mean(every, axis=0)]


def _held(case: Row, layer: Row) -> str:
    return (
        f"- `{case['network']}`: {layer['gates']} gates on {layer['units']} units; of an input "
        f"{layer['inputs_on']:.2f} features and {layer['gates_on']:.2f} gates are on. Which gates "
        f"are on explains {100 * layer['explained_by_gates']:.0f} % of the variance of the layer, "
        f"which gates and inputs {100 * layer['explained_by_gates_and_inputs']:.0f} %. The overlap "
        f"of the gates is {layer['overlap']:.3f}. {case['steps']:,} steps of {case['batch']} "
        "inputs."
    )


def _cells(row: Row) -> tuple[str, ...]:
    runs = row["runs"]
    return (
        row["network"],
        f"{row['steps']:,} x {row['batch']}",
        row["kind"],
        str(row["target"]),
        f"{_mean(row, 'l0')[-1]:.1f}",
        str(len(runs)),
        ", ".join(f"{one:.2f}" for one in _mean(row, "found")),
        ", ".join(f"{one:.3f}" for one in _mean(row, "loss")),
        f"{_mean(row, 'overlap')[-1]:.3f}",
        f"{sum(run['converged'] for run in runs)} of {len(runs)}",
    )
