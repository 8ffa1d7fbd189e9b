"""polyseme: a compiler and laboratory for computing in superposition."""

from __future__ import annotations

from polyseme.common.version import VERSION
from polyseme.errors import (
    CapacityError,
    FileFormatError,
    MissingExtraError,
    OptionError,
    PolysemeError,
    PolysemeWarning,
    SourceError,
    TooFewNeuronsError,
)
from polyseme.networks.registry import register as _register

# As type checkers take it, without the hundredth of a second that importing `typing` takes: until
# `polyseme` has been imported its command line cannot answer a signal.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from polyseme.circuits import problems
    from polyseme.circuits.bits import Bit, all_of, any_of, at_least
    from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
    from polyseme.circuits.functions import circuit
    from polyseme.circuits.names import Names
    from polyseme.circuits.sources import read
    from polyseme.circuits.truth_tables import truth_table
    from polyseme.circuits.writers.by_ending import write
    from polyseme.common.progress import Headway
    from polyseme.compiler.compile import compile, compile_report
    from polyseme.compiler.constructions.citing import citation
    from polyseme.compiler.constructions.listing import constructions
    from polyseme.compiler.report import Compilation
    from polyseme.counting_argument.run import run_counting_argument
    from polyseme.interpret.asking.pictures import draw_gate, draw_neuron
    from polyseme.interpret.asking.questions import (
        about_feature,
        about_unit,
        effective_features,
        interference,
        strangest_company,
        units_of,
    )
    from polyseme.interpret.asking.tables import rows_of
    from polyseme.interpret.benchmark import suite
    from polyseme.interpret.benchmark.bench import BenchRun, bench
    from polyseme.interpret.benchmark.exporting.export import export_suite
    from polyseme.interpret.decompiling.agreement import Agreement, agreement
    from polyseme.interpret.decompiling.decompile import Decompiled, decompile
    from polyseme.interpret.editing.edit import Edited, edit
    from polyseme.interpret.polysemanticity import Polysemanticity, polysemanticity, served_by
    from polyseme.learning.compile_refined import compile_refined
    from polyseme.learning.refinement.refine import refine
    from polyseme.learning.refinement.refined import Refined
    from polyseme.learning.twins.twin import Twin, train_twin
    from polyseme.limits.table import bounds
    from polyseme.limits.width import bounds_of_width
    from polyseme.networks.answer_key import AnswerKey
    from polyseme.networks.layer_key import LayerKey
    from polyseme.networks.network import Network
    from polyseme.networks.saving.files import load, load_key
    from polyseme.proving.certificate import Certificate, certificate
    from polyseme.proving.proof import Margins, Proof
    from polyseme.proving.prove import prove
    from polyseme.proving.vnnlib import to_vnnlib
    from polyseme.proving.worst_case import WorstCase, worst_case
    from polyseme.proving.wrong_pairs import WrongPairs, wrong_pairs
    from polyseme.reproduce.reproduction import reproduce_figures
    from polyseme.studies.run import StudyRun, run_study
    from polyseme.verification.as_read import reference_as_read
    from polyseme.verification.exhaustive import verify_exhaustively
    from polyseme.verification.kinds import input_kinds
    from polyseme.verification.layers import verify_layers
    from polyseme.verification.reading_error import ReadingError, reading_error
    from polyseme.verification.sampling import Verification, verify

__version__ = VERSION

# Where every public name is but the errors; a name is imported when it is first used. So `import
# polyseme` and `polyseme --help` do not wait for numpy and scipy. The imports above are the same.
_LATER = {
    "Agreement": "interpret.decompiling.agreement",
    "AnswerKey": "networks.answer_key",
    "BenchRun": "interpret.benchmark.bench",
    "Bit": "circuits.bits",
    "Certificate": "proving.certificate",
    "Circuit": "circuits.circuit",
    "Compilation": "compiler.report",
    "Decompiled": "interpret.decompiling.decompile",
    "Edited": "interpret.editing.edit",
    "GateKind": "circuits.circuit",
    "Headway": "common.progress",
    "LayerKey": "networks.layer_key",
    "Margins": "proving.proof",
    "Names": "circuits.names",
    "Network": "networks.network",
    "Polysemanticity": "interpret.polysemanticity",
    "Proof": "proving.proof",
    "ReadingError": "verification.reading_error",
    "Refined": "learning.refinement.refined",
    "StudyRun": "studies.run",
    "Twin": "learning.twins.twin",
    "Verification": "verification.sampling",
    "WorstCase": "proving.worst_case",
    "WrongPairs": "proving.wrong_pairs",
    "about_feature": "interpret.asking.questions",
    "about_unit": "interpret.asking.questions",
    "agreement": "interpret.decompiling.agreement",
    "all_of": "circuits.bits",
    "any_of": "circuits.bits",
    "at_least": "circuits.bits",
    "bench": "interpret.benchmark.bench",
    "bounds": "limits.table",
    "bounds_of_width": "limits.width",
    "build_circuit": "circuits.circuit",
    "certificate": "proving.certificate",
    "circuit": "circuits.functions",
    "citation": "compiler.constructions.citing",
    "compile": "compiler.compile",
    "compile_refined": "learning.compile_refined",
    "compile_report": "compiler.compile",
    "constructions": "compiler.constructions.listing",
    "decompile": "interpret.decompiling.decompile",
    "draw_gate": "interpret.asking.pictures",
    "draw_neuron": "interpret.asking.pictures",
    "edit": "interpret.editing.edit",
    "effective_features": "interpret.asking.questions",
    "export_suite": "interpret.benchmark.exporting.export",
    "input_kinds": "verification.kinds",
    "interference": "interpret.asking.questions",
    "load": "networks.saving.files",
    "load_key": "networks.saving.files",
    "polysemanticity": "interpret.polysemanticity",
    "problems": "circuits",
    "prove": "proving.prove",
    "read": "circuits.sources",
    "reading_error": "verification.reading_error",
    "reference_as_read": "verification.as_read",
    "refine": "learning.refinement.refine",
    "reproduce_figures": "reproduce.reproduction",
    "rows_of": "interpret.asking.tables",
    "run_counting_argument": "counting_argument.run",
    "run_study": "studies.run",
    "served_by": "interpret.polysemanticity",
    "strangest_company": "interpret.asking.questions",
    "to_vnnlib": "proving.vnnlib",
    "train_twin": "learning.twins.twin",
    "truth_table": "circuits.truth_tables",
    "units_of": "interpret.asking.questions",
    "verify": "verification.sampling",
    "verify_exhaustively": "verification.exhaustive",
    "verify_layers": "verification.layers",
    "worst_case": "proving.worst_case",
    "write": "circuits.writers.by_ending",
    "wrong_pairs": "proving.wrong_pairs",
}

# Packages by their public names; their own names are too many to be here too.
_PACKAGES = {"learning": "learning", "suite": "interpret.benchmark.suite"}

# Methods of `Network` and `AnswerKey`, and `compile`, call these functions, which stand later than
# they do.
_register(
    compile_certified="polyseme.learning.compile_certified:compile_certified",
    network_line="polyseme.networks.network_table:network_line",
    network_table="polyseme.networks.network_table:network_table",
    run="polyseme.networks.asking:run",
    activations="polyseme.networks.asking:activations",
    sample="polyseme.verification.sample:sample",
    card="polyseme.networks.card:card",
    activation_batches="polyseme.verification.activation_batches:activation_batches",
    contradiction="polyseme.networks.belonging:contradiction",
    neurons_of="polyseme.networks.lookups:neurons_of",
    terms_of="polyseme.networks.lookups:terms_of",
    directions="polyseme.networks.lookups:directions",
    labels="polyseme.networks.lookups:labels",
    save_network="polyseme.networks.saving.files:save_network",
    save_key="polyseme.networks.saving.files:save_key",
    to_torch="polyseme.networks.exporting.to_torch:to_torch",
    explore="polyseme.explorer.notebook:explore",
    to_onnx="polyseme.networks.exporting.to_onnx:to_onnx",
)

__all__ = [
    "Agreement",
    "AnswerKey",
    "BenchRun",
    "Bit",
    "CapacityError",
    "Certificate",
    "Circuit",
    "Compilation",
    "Decompiled",
    "Edited",
    "FileFormatError",
    "GateKind",
    "Headway",
    "LayerKey",
    "Margins",
    "MissingExtraError",
    "Names",
    "Network",
    "OptionError",
    "Polysemanticity",
    "PolysemeError",
    "PolysemeWarning",
    "Proof",
    "ReadingError",
    "Refined",
    "SourceError",
    "StudyRun",
    "TooFewNeuronsError",
    "Twin",
    "Verification",
    "WorstCase",
    "WrongPairs",
    "about_feature",
    "about_unit",
    "agreement",
    "all_of",
    "any_of",
    "at_least",
    "bench",
    "bounds",
    "bounds_of_width",
    "build_circuit",
    "certificate",
    "circuit",
    "citation",
    "compile",
    "compile_refined",
    "compile_report",
    "constructions",
    "decompile",
    "draw_gate",
    "draw_neuron",
    "edit",
    "effective_features",
    "export_suite",
    "input_kinds",
    "interference",
    "load",
    "load_key",
    "polysemanticity",
    "problems",
    "prove",
    "read",
    "reading_error",
    "reference_as_read",
    "refine",
    "reproduce_figures",
    "rows_of",
    "run_counting_argument",
    "run_study",
    "served_by",
    "strangest_company",
    "suite",
    "to_vnnlib",
    "train_twin",
    "truth_table",
    "units_of",
    "verify",
    "verify_exhaustively",
    "verify_layers",
    "worst_case",
    "write",
    "wrong_pairs",
]


# Out of the sight of type checkers, which would else take any name for one that is there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Return a public name that is imported when it is first used."""
        from importlib import import_module

        if name in _PACKAGES:
            return import_module(f"polyseme.{_PACKAGES[name]}")
        if name not in _LATER:
            raise AttributeError(f"module 'polyseme' has no attribute {name!r}")
        value = getattr(import_module(f"polyseme.{_LATER[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the names in the package, those that are not imported yet among them."""
    return sorted({*globals(), *_LATER, *_PACKAGES})
