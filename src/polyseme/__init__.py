"""polyseme: a compiler and laboratory for computing in superposition."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, problems, read
from polyseme.circuits.bits import Bit, all_of, any_of, at_least
from polyseme.circuits.functions import circuit
from polyseme.circuits.truth_tables import truth_table
from polyseme.circuits.writers.by_ending import write
from polyseme.compiler.compile import compile, compile_report
from polyseme.compiler.constructions.citing import citation
from polyseme.compiler.constructions.listing import constructions
from polyseme.compiler.report import Compilation
from polyseme.errors import (
    CapacityError,
    FileFormatError,
    MissingExtraError,
    OptionError,
    PolysemeError,
    SourceError,
    TooFewNeuronsError,
)
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.exporting.to_onnx import to_onnx as _to_onnx
from polyseme.networks.exporting.to_torch import to_torch as _to_torch
from polyseme.networks.layer_key import LayerKey
from polyseme.networks.network import Network
from polyseme.networks.registry import register as _register
from polyseme.networks.run import run as _run
from polyseme.networks.saving.files import load, load_key
from polyseme.networks.saving.files import save_key as _save_key
from polyseme.networks.saving.files import save_network as _save_network
from polyseme.verification.as_read import reference_as_read
from polyseme.verification.kinds import input_kinds
from polyseme.verification.layers import verify_layers
from polyseme.verification.reading_error import ReadingError, reading_error
from polyseme.verification.sampling import Verification, verify

if TYPE_CHECKING:
    from polyseme.counting_argument.run import run_counting_argument
    from polyseme.interpret.polysemanticity import Polysemanticity, polysemanticity, served_by
    from polyseme.learning.compile_refined import compile_refined
    from polyseme.learning.refinement.refine import Refined, refine
    from polyseme.limits.table import bounds
    from polyseme.limits.width import bounds_of_width
    from polyseme.reproduce.reproduction import reproduce_figures
    from polyseme.verification.exhaustive import verify_exhaustively
    from polyseme.verification.worst_case import WorstCase, worst_case

__version__ = "0.1.0"

# Public names that are imported when they are first used: most programs use few of them, and the
# modules behind them are many.
_LATER = {
    "Polysemanticity": "interpret.polysemanticity",
    "Refined": "learning.refinement.refine",
    "WorstCase": "verification.worst_case",
    "bounds": "limits.table",
    "bounds_of_width": "limits.width",
    "compile_refined": "learning.compile_refined",
    "polysemanticity": "interpret.polysemanticity",
    "refine": "learning.refinement.refine",
    "reproduce_figures": "reproduce.reproduction",
    "run_counting_argument": "counting_argument.run",
    "served_by": "interpret.polysemanticity",
    "verify_exhaustively": "verification.exhaustive",
    "worst_case": "verification.worst_case",
}

# Methods of `Network` and `AnswerKey` call these functions, which stand later than they do.
_register(
    run=_run,
    save_network=_save_network,
    save_key=_save_key,
    to_torch=_to_torch,
    to_onnx=_to_onnx,
)

__all__ = [
    "AnswerKey",
    "Bit",
    "CapacityError",
    "Circuit",
    "Compilation",
    "FileFormatError",
    "GateKind",
    "LayerKey",
    "MissingExtraError",
    "Names",
    "Network",
    "OptionError",
    "Polysemanticity",
    "PolysemeError",
    "ReadingError",
    "Refined",
    "SourceError",
    "TooFewNeuronsError",
    "Verification",
    "WorstCase",
    "all_of",
    "any_of",
    "at_least",
    "bounds",
    "bounds_of_width",
    "build_circuit",
    "circuit",
    "citation",
    "compile",
    "compile_refined",
    "compile_report",
    "constructions",
    "input_kinds",
    "load",
    "load_key",
    "polysemanticity",
    "problems",
    "read",
    "reading_error",
    "reference_as_read",
    "refine",
    "reproduce_figures",
    "run_counting_argument",
    "served_by",
    "truth_table",
    "verify",
    "verify_exhaustively",
    "verify_layers",
    "worst_case",
    "write",
]


def __getattr__(name: str) -> Any:
    """Return a public name that is imported when it is first used."""
    if name not in _LATER:
        raise AttributeError(f"module 'polyseme' has no attribute {name!r}")
    value = getattr(import_module(f"polyseme.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names in the package, those that are not imported yet among them."""
    return sorted({*globals(), *_LATER})
