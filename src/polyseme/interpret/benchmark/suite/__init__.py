"""Networks of the benchmark, each had by name: `ps.suite.load("and2-1000-load2")`."""

from polyseme.interpret.benchmark.suite.by_name import load, names, subject

__all__ = ["load", "names", "subject"]
