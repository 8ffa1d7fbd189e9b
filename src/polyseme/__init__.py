"""polyseme: a compiler and laboratory for computing in superposition."""

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, problems, read
from polyseme.compiler.compile import compile, compile_report
from polyseme.compiler.constructions.citing import citation
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
from polyseme.learning.refinement.refine import Refined, refine
from polyseme.limits.table import bounds
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
from polyseme.verification.layers import verify_layers
from polyseme.verification.sampling import Verification, verify

__version__ = "0.1.0"

# What methods of `Network` and `AnswerKey` call, which stands later than they do.
_register(
    run=_run,
    save_network=_save_network,
    save_key=_save_key,
    to_torch=_to_torch,
    to_onnx=_to_onnx,
)

__all__ = [
    "AnswerKey",
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
    "PolysemeError",
    "Refined",
    "SourceError",
    "TooFewNeuronsError",
    "Verification",
    "bounds",
    "build_circuit",
    "citation",
    "compile",
    "compile_report",
    "load",
    "load_key",
    "problems",
    "read",
    "refine",
    "verify",
    "verify_layers",
]
