"""Points of the ceiling figure, and their circuits."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.problems import facts, pairwise_and, permutation
from polyseme.common.random_streams import Stream, stream
from polyseme.errors import OptionError

FAMILIES = ("and", "permutation", "facts")
COMPILED, COMPUTED, REFINED, TRAINED = "compiled", "computed", "refined", "trained"
KINDS = (COMPILED, COMPUTED, TRAINED, REFINED)
_RELATIONS, _SUBJECTS_PER_OBJECT = 3, 4


@dataclass(frozen=True)
class Settings:
    """Sizes; every family with every number of features on."""

    active: tuple[int, ...] = (2, 3, 5)
    compiled: tuple[int, ...] = (128, 512, 2048)
    computed: tuple[int, ...] = (512, 2048)
    refined: tuple[int, ...] = (512, 1024)
    trained: tuple[int, ...] = (128,)
    steps: int = 2000


@dataclass(frozen=True)
class Asked:
    """One point: a network of a kind, for a circuit of a family, size and promise."""

    family: str
    size: int
    active: int
    kind: str
    steps: int
    seed: int

    @property
    def name(self) -> str:
        """The name of its file behind that of the state."""
        return f"{self.kind}.{self.family}.{self.size}.{self.active}.json"


def random_facts(subjects: int, seed: int = 0) -> Circuit:
    """Return a table of 3 relations, each with an object of a quarter as many for every subject.

    Raises OptionError for fewer than 4 subjects.

    Example:
        >>> random_facts(8)
        Circuit('facts': 11 features, ...)
    """
    if subjects < _SUBJECTS_PER_OBJECT:
        raise OptionError(f"{subjects} subjects: at least {_SUBJECTS_PER_OBJECT} are needed")
    generator = stream(seed, Stream.TRAINING_PROBE, subjects)
    drawn = generator.integers(subjects // _SUBJECTS_PER_OBJECT, size=(subjects, _RELATIONS))
    return facts(
        [
            (f"s{subject}", f"r{relation}", f"o{drawn[subject, relation]}")
            for subject in range(subjects)
            for relation in range(_RELATIONS)
        ]
    )


def circuit_of(asked: Asked) -> Circuit:
    """Return the circuit of a point."""
    if asked.family == "and":
        return pairwise_and(asked.size, asked.size, seed=asked.seed)
    if asked.family == "permutation":
        return permutation(asked.size, seed=asked.seed)
    return random_facts(asked.size, asked.seed)


def points(settings: Settings, seed: int) -> list[Asked]:
    """Return all points, in the order in which they are found."""
    sizes = {
        COMPILED: settings.compiled,
        COMPUTED: settings.computed,
        REFINED: settings.refined,
        TRAINED: settings.trained,
    }
    # Tables of facts are computed by three channels alone, whose search takes minutes, and networks
    # of least noise are refined for three features on.
    families = {COMPUTED: FAMILIES[:2], REFINED: FAMILIES[:1]}
    on = {REFINED: [active for active in settings.active if active == 3]}
    return [
        Asked(family, size, active, kind, settings.steps if kind == TRAINED else 0, seed)
        for kind in KINDS
        for size in sizes[kind]
        for family in families.get(kind, FAMILIES)
        for active in on.get(kind, settings.active)
    ]
