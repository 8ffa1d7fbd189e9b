"""Sentences on how a compiled network falls short of what was asked for, and the warning of them.

The command line prints the warnings that Python gives, so the two say the same.
"""

from __future__ import annotations

from polyseme.common.warning import warn
from polyseme.compiler.report import Compilation


def warn_of(report: Compilation) -> None:
    """Warn where a network falls short of what was asked for, or is the exact one instead."""
    for sentence in shortfalls(report):
        warn(sentence)


def shortfalls(report: Compilation) -> list[str]:
    """Return one line for each way in which a network falls short; none if it does not."""
    found = [report.fallback] if report.fallback else []
    seen = report.confirmation
    if seen is not None and not report.decides:
        found.append(
            f"the network falls short: its error may be up to {seen.error_interval[1]:.2g}, asked "
            f"for was {report.error:.2g}"
        )
    if not report.reads and report.reading is not None and report.epsilon is not None:
        found.append(
            "the network falls short: its hidden layer reads gates within "
            f"{report.reading.epsilon:.3g}, asked for was {report.epsilon:g}; more neurons may do, "
            "or epsilon none asks for decisions only"
        )
    if not report.certified:
        found.append(
            "the network falls short: it is proved right on every input with at most "
            f"{report.certified_active} on, asked for was {report.network.provenance.active}; "
            "more neurons may do"
        )
    return found
