"""polyseme: a compiler and laboratory for computing in superposition."""

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, problems, read
from polyseme.compiler.compile import compile, compile_report
from polyseme.compiler.constructions.citing import citation
from polyseme.compiler.report import Compilation
from polyseme.errors import (
    CompileError,
    FileFormatError,
    MissingExtraError,
    PolysemeError,
    SourceError,
)
from polyseme.learning.refinement.refine import Refined, refine
from polyseme.limits.table import bounds
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.deep_key import DeepKey, LayerKey
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load, load_key
from polyseme.verification.layers import verify_layers
from polyseme.verification.sampling import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "AnswerKey",
    "Circuit",
    "Compilation",
    "CompileError",
    "DeepKey",
    "FileFormatError",
    "GateKind",
    "LayerKey",
    "MissingExtraError",
    "Names",
    "Network",
    "PolysemeError",
    "Refined",
    "SourceError",
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
