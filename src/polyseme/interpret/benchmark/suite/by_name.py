"""The suite: every network had by name, compiled on demand and kept."""

from __future__ import annotations

from dataclasses import replace

from polyseme.common.arguments import shown_value, text
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.subject import Subject, subject_of
from polyseme.interpret.benchmark.suite.building import built
from polyseme.interpret.benchmark.suite.cache import kept
from polyseme.interpret.benchmark.suite.distributions import drawn
from polyseme.interpret.benchmark.suite.dressing import dressed
from polyseme.interpret.benchmark.suite.hashes import HASHES
from polyseme.interpret.benchmark.suite.networks import SPECS, SUITES
from polyseme.interpret.benchmark.suite.spec import Spec
from polyseme.networks.network import Network


def names(suite: str | None = None) -> tuple[str, ...]:
    """Return the names of the networks of the benchmark.

    Args:
        suite: "core" or "small", for those that a suite is made of; None for all that there are.

    Returns:
        The names. Behind a plus, a suite says how a network is dressed.

    Raises:
        OptionError: There is no such suite.

    Example:
        >>> import polyseme as ps
        >>> ps.suite.names("small")
        ('and2-64-load1', 'permutation-64-load1', 'threshold-60-mono')
    """
    if suite is None:
        return tuple(SPECS)
    return SUITES[text("suite", suite, SUITES)]


def load(name: str) -> Network:
    """Return a network of the benchmark, with its answer key.

    It is compiled when it is first asked for, in seconds, and kept in the folder $POLYSEME_CACHE,
    or else in polyseme under $XDG_CACHE_HOME or ~/.cache. It is the published one, to the last
    byte: its SHA-256 is compared.

    Args:
        name: Its name, such as "and2-1000-load2": circuit, size and load, which is how many times
            the neurons are that the circuit needs at the least. "mono" is the exact network.

    Returns:
        The network.

    Raises:
        OptionError: There is no such network.
        PolysemeError: The network that is compiled is not the published one.

    Example:
        >>> import polyseme as ps
        >>> ps.suite.load("and2-64-load1")
        Network('and2-64-load1', least-noise: 42 ReLUs in 1 layer, ...)
    """
    spec = spec_of(name)
    return kept(name, HASHES[name], lambda: built(name, spec))


def subject(name: str) -> Subject:
    """Return a network of the benchmark as methods and scores meet it: module, inputs and truth.

    Args:
        name: The name of a network; behind a plus how it is dressed: permuted, rotated or noise.

    Returns:
        The subject.

    Raises:
        OptionError: There is no such network or dressing.
        MissingExtraError: torch is not installed.

    Example:
        >>> import polyseme as ps
        >>> ps.suite.subject("and2-64-load1+rotated").sampler(seed=0).dimensions
        40
    """
    bare, plus, dressing = text("name", name).partition("+")
    spec = spec_of(bare)
    network = load(bare)
    assert network.key is not None
    found = subject_of(bare, network, drawn(spec.draw, network.key.circuit, spec.active))
    if spec.shuffled:
        found = replace(dressed(found, "shuffled"), name=bare)
    return dressed(found, dressing) if plus else found


def spec_of(name: str) -> Spec:
    """Return what a network is made from; raise OptionError if there is none of that name."""
    if not isinstance(name, str) or name not in SPECS:
        raise OptionError(
            f"no network of the suite is named {shown_value(name)}; "
            f"polyseme.suite.names() lists them{did_you_mean(name, SPECS)}"
        )
    return SPECS[name]
