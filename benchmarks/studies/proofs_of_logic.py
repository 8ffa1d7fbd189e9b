"""Exact networks of files of logic proved on all Boolean inputs: a table of what that takes.

    python benchmarks/studies/proofs_of_logic.py ../shared/data/circuits/*/*.[abp]*
    python benchmarks/harness/square_root.py 71 > root.aag
    python benchmarks/studies/proofs_of_logic.py root.aag --time-limit 60

Every file is compiled into its exact network (`construction="monosemantic"`), and this is compared
with the logic as it stands in the file. Columns: inputs, gates and layers; equal nodes merged by
local rules alone, without a SAT solver, leave so many outputs open; the verdict with one; and CPU
seconds of both proofs.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from unittest.mock import patch

import polyseme as ps
from polyseme.circuits.logic_files import netlist_as_read
from polyseme.proving.logic import equivalence
from polyseme.proving.logic.prove_logic import prove_logic
from polyseme.proving.proof import Proof


def row(path: str, time_limit: float) -> str:
    """Return one row of the table, as Markdown."""
    circuit = ps.read(path)
    network = ps.compile(circuit, construction="monosemantic")
    logic = netlist_as_read(path, circuit)

    def timed() -> tuple[Proof, float]:
        begun = time.process_time()
        proof = prove_logic(network, logic, time_limit=time_limit)
        return proof, time.process_time() - begun

    with patch.object(equivalence, "solver_for", lambda graph: None), warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PolysemeWarning)
        local, local_seconds = timed()
    proof, seconds = timed()
    verdict = {True: "proved", False: "refuted", None: f"{len(proof.undecided)} undecided"}
    return (
        f"| {Path(path).name} | {len(circuit.features)} | {circuit.gates:,} | "
        f"{len(network.layers)} | {len(local.undecided)} of {len(circuit.outputs)} open, "
        f"{local_seconds:.2f} s | {verdict[proof.proved]} | {seconds:.2f} s |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Prove the exact networks of files of logic.")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--time-limit", type=float, default=60.0)
    given = parser.parse_args()
    print("| file | inputs | gates | layers | without SAT | verdict | CPU |")
    print("|---|---|---|---|---|---|---|")
    for path in given.files:
        print(row(path, given.time_limit), flush=True)


if __name__ == "__main__":
    main()
