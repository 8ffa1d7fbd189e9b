"""Check a certificate of polyseme with nothing but Python's standard library.

    python check_certificate.py CERTIFICATE NETWORK CIRCUIT

CIRCUIT is what `polyseme convert SOURCE -o circuit.json` writes, or the answer key of the network
(`net.key.safetensors`). One line is printed. Exit status:

    0  accepted: what the certificate claims was derived again from the two files
    1  rejected: it does not follow from them; the line says why
    2  a file cannot be read, or is not of its format
    3  neither: this script cannot derive the claim again; the line says what is left to check

Nothing of polyseme is imported and no file is trusted: `docs/certificates.md` and `docs/format.md`
of polyseme are all that this script was written from. All arithmetic is of whole numbers of any
size. Sections: 1 files, 2 circuits, 3 running a network, 4 rows of numbers, 5 linear networks,
6 networks whose ReLUs bend, 7 exact networks of logic, 8 enumerated and sampled claims, 9 the
verdict.
"""

import hashlib
import json
import math
import multiprocessing
import os
import random
import sys
from array import array
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

PROCESSES = 2  # used where there are many outputs
NEVER = 1 << 200  # a bound that no reading reaches
EXACT = 1 << 23  # float32 holds every sum below it, and half of one, exactly
BLOCK, STRIP = 128, 20_000  # features that are handled at once, so that they fit into a cache


class Rejected(Exception):
    """The claim does not follow from the files."""


class Unreadable(Exception):
    """A file is missing, damaged or of another format."""


class Unchecked(Exception):
    """The claim cannot be derived again by this script."""


# ---------------------------------------------------------------------------------------------
# 1 Files: safetensors and JSON
# ---------------------------------------------------------------------------------------------

TYPES = {"I8": "b", "U8": "B", "I16": "h", "I32": "i", "I64": "q", "F32": "f"}


def contents(path):
    """Return the bytes of a file."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def parsed(text, what):
    """Return the object that a JSON text holds; no key may stand twice in an object."""

    def distinct(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key is given twice")
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=distinct)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{what} is no JSON object")
    return found


class Tensors:
    """The tensors and the metadata of a safetensors file; all must be taken."""

    def __init__(self, data, kind, versions):
        """Read the bytes of a file of a kind and one of some versions."""
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 + length or length < 2:
            raise Unreadable(f"the {kind} file is cut short")
        header, body, end = parsed(data[8 : 8 + length], f"the header of {kind}"), 8 + length, 0
        about = header.pop("__metadata__", {})
        self.about = parsed(about.get("polyseme", ""), f"the metadata of {kind}")
        if self.about.get("format") != kind or self.about.get("version") not in versions:
            raise Unreadable(f"this is no {kind} file of version {versions}")
        self.tensors, self.shapes = {}, {}
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            begin, stop = entry["data_offsets"]
            numbers = array(TYPES[entry["dtype"]])
            # Tensors fill the file from end to end: no byte is out of sight.
            if begin != end or math.prod(entry["shape"]) * numbers.itemsize != stop - begin:
                raise Unreadable(f"tensor {name} does not lie where the header says")
            numbers.frombytes(data[body + begin : body + stop])
            self.tensors[name], self.shapes[name], end = numbers, entry["shape"], stop
        if body + end != len(data):
            raise Unreadable(f"the {kind} file has {len(data) - body - end} bytes too many or few")

    def __contains__(self, name):
        """Return whether a tensor is there that was not taken."""
        return name in self.tensors

    def take(self, name, dimensions=1):
        """Take a tensor out, as one array."""
        if len(self.shapes.get(name, ())) != dimensions:
            raise Unreadable(f"tensor {name} is missing, or not of {dimensions} dimensions")
        return self.tensors.pop(name)

    def rows(self, name):
        """Take a tensor of two dimensions out, as a list of arrays."""
        shape = self.shapes.get(name, ())
        flat = self.take(name, 2)
        return [flat[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])]

    def names(self, what):
        """Return the names of features or outputs."""
        about = self.about[what]
        if "prefix" in about:
            return [f"{about['prefix']}{number}" for number in range(about["count"])]
        return self.take(f"names.{what}").tobytes().decode().split("\n")


class Network:
    """A network file: encoder, layers and readout, as `docs/format.md` describes them."""

    def __init__(self, data):
        """Read the bytes of a network file."""
        file = Tensors(data, "polyseme-network", (4, 5))
        about, self.version = file.about, file.about["version"]
        self.features, self.outputs = file.names("features"), file.names("outputs")
        self.dimensions = about["dimensions"]
        places, signs = file.rows("encoder.positions"), file.rows("encoder.signs")
        if any(set(row) - {1, -1} for row in signs) or len(places) != len(signs):
            raise Unreadable("a sign of the encoder is neither 1 nor -1")
        self.codes = [tuple(zip(*both, strict=True)) for both in zip(places, signs, strict=True)]
        self.longest = max(map(len, self.codes))
        if any(len({c for c, _ in code}) < len(code) for code in self.codes):
            raise Unreadable("a feature's code has a position twice")
        widths, self.layers = [self.dimensions], []
        described = (about["scales"], about["caps"], about["squared"])
        for number, (scale, cap, squared) in enumerate(zip(*described, strict=True)):
            layer = Layer(file, f"layers.{number}.", widths[-1], (scale, cap, squared))
            self.layers.append(layer)
            widths.append(len(layer.bias) + len(layer.carried))
        offsets, units = file.take("readout.offsets"), file.take("readout.neurons")
        weights, self.thresholds = file.take("readout.weights"), file.take("readout.thresholds")
        check_runs(offsets, len(self.outputs), len(units))
        entries = tuple(zip(units, weights, strict=True))
        self.readout = [entries[a:b] for a, b in pairwise(offsets)]
        in_range = all(0 <= c < self.dimensions for code in self.codes for c, _ in code)
        if not in_range or any(not 0 <= unit < widths[-1] for unit in units):
            raise Unreadable("a code or the readout reads a number that there is not")
        if (len(self.codes), len(self.thresholds)) != (len(self.features), len(self.outputs)):
            raise Unreadable("there are more or fewer names than codes or thresholds")
        if any(map(math.isnan, self.thresholds)) or not self.layers:
            raise Unreadable("a threshold is no number, or there is no layer")
        if file.tensors:
            raise Unreadable(f"tensor {min(file.tensors)} is no part of a network")

    def bounds(self, output, layer):
        """Return the highest reading at which an output is off; one more switches it on."""
        threshold = self.thresholds[output]
        if math.isinf(threshold):
            return NEVER if threshold > 0 else -NEVER
        return math.ceil(Fraction(threshold) / Fraction(layer.scale)) - 1


class Layer:
    """A hidden layer: its columns of weights, biases, and the numbers that pass it."""

    def __init__(self, file, name, reads, described):
        """Take the tensors of a layer that reads so many numbers."""
        self.scale, self.cap, self.squared = described
        self.bias, self.reads = file.take(f"{name}bias"), reads
        if math.frexp(self.scale)[0] != 0.5 or self.cap < 0 or (self.cap and self.squared):
            raise Unreadable(f"{name} has an activation that there is not")
        self.carried = file.take(f"{name}carried") if f"{name}carried" in file else []
        units = len(self.bias)
        if f"{name}weights" in file:
            shape, flat = file.shapes[f"{name}weights"], file.take(f"{name}weights", 2)
            if shape != [units, reads]:
                raise Unreadable(f"{name}weights is not of shape {units}, {reads}")
            self._flat, self._sparse, values = flat, None, flat
        else:
            offsets, columns = file.take(f"{name}offsets"), file.take(f"{name}columns")
            values, self._flat, self._sparse = file.take(f"{name}values"), None, {}
            check_runs(offsets, units, len(columns))
            for unit, (a, b) in enumerate(pairwise(offsets)):
                for column, value in zip(columns[a:b], values[a:b], strict=True):
                    self._sparse.setdefault(column, []).append((unit, value))
            if any(not 0 <= column < reads for column in columns):
                raise Unreadable(f"{name}columns reads a number that there is not")
        if any(not 0 <= number < reads for number in self.carried):
            raise Unreadable(f"{name}carried passes a number that there is not")

        self.loudest = max(max(values, default=0), -min(values, default=0))

    def column(self, number):
        """Return the weights with which all units read one number."""
        if self._sparse is None:
            return self._flat[number :: self.reads]
        dense = array("i", bytes(4 * len(self.bias)))
        for unit, value in self._sparse.get(number, ()):
            dense[unit] += value
        return dense

    def entries(self):
        """Yield (column, unit, weight) of all weights but zeros."""
        for number in range(self.reads):
            if self._sparse is None:
                yield from ((number, j, w) for j, w in enumerate(self.column(number)) if w)
            else:
                yield from ((number, j, w) for j, w in self._sparse.get(number, ()) if w)


def check_runs(offsets, runs, entries):
    """Raise Unreadable unless offsets cut so many entries into runs."""
    if (
        len(offsets) != runs + 1
        or offsets[0]
        or offsets[-1] != entries
        or min((b - a for a, b in pairwise(offsets)), default=0) < 0
    ):
        raise Unreadable("offsets do not rise from 0 to the number of entries")


# ---------------------------------------------------------------------------------------------
# 2 Circuits
# ---------------------------------------------------------------------------------------------

MOST_PATTERNS = 12  # features of an output of which all patterns are gone through
KINDS = ("identity", "and", "or", "and_not", "xor")


class Circuit:
    """Features, gates that read earlier wires, and outputs; wires are numbered features first."""

    def __init__(self, data):
        """Read JSON, or the circuit of an answer key."""
        if data[:1] == b"{":
            self._from_json(parsed(data, "the circuit"))
        else:
            self._from_key(Tensors(data, "polyseme-key", (5, 6)))
        gates, features = len(self.gates), len(self.features)
        for gate, (kind, reads) in enumerate(self.gates):
            if kind not in KINDS or not all(0 <= wire < features + gate for wire in reads):
                raise Unreadable(f"gate {gate} is of no known kind or reads a later wire")
            several = len(reads) > 1 and kind == "identity"
            if not reads or several or len(set(reads)) < len(reads):
                raise Unreadable(f"gate {gate} reads nothing, or a wire twice")
        if not all(-1 <= wire < features + gates for wire, _ in self.outputs):
            raise Unreadable("an output is no wire")

    def _from_json(self, found):
        if (found.get("format"), found.get("version")) != ("polyseme-circuit", 1):
            raise Unreadable("the circuit is no polyseme-circuit of version 1")
        features, gates = found["features"], found.get("gates", [])
        if isinstance(features, dict):
            features = [f"{features['prefix']}{number}" for number in range(features["count"])]
        named = list(gates) if isinstance(gates, dict) else []
        rows = list(gates.values()) if isinstance(gates, dict) else gates
        wires = {name: wire for wire, name in enumerate((*features, *named))}

        def number(wire):
            return wire if type(wire) is int else wires[wire]

        self.features = list(features)
        self.gates = [(row[0], [number(wire) for wire in row[1:]]) for row in rows]
        self.names = [output["name"] for output in found["outputs"]]
        self.outputs = [
            (-1 if one["wire"] is None else number(one["wire"]), one.get("inverted", False))
            for one in found["outputs"]
        ]

    def _from_key(self, file):
        self.features, self.names = file.names("features"), file.names("outputs")
        offsets, fan_in = file.take("circuit.fan_in_offsets"), file.take("circuit.fan_in").tolist()
        kinds = [KINDS[kind] for kind in file.take("circuit.kinds")]
        check_runs(offsets, len(kinds), len(fan_in))
        reads = (fan_in[a:b] for a, b in pairwise(offsets))
        self.gates = list(zip(kinds, reads, strict=True))
        inverted = map(bool, file.take("circuit.inverted"))
        self.outputs = list(zip(file.take("circuit.outputs"), inverted, strict=True))

    def cone(self, output):
        """Return the features and the gates that an output depends on, in order."""
        features, found, stack = len(self.features), set(), [self.outputs[output][0]]
        while stack:
            wire = stack.pop()
            if wire >= 0 and wire not in found:
                found.add(wire)
                stack += self.gates[wire - features][1] if wire >= features else ()
        return sorted(w for w in found if w < features), sorted(w for w in found if w >= features)

    def value(self, output, inputs, every, gates):
        """Return the values of an output, one a bit, given those of the features that are on.

        `inputs` maps features to values, `every` has a bit for each, `gates` are those of the cone.
        """
        values, features = dict(inputs), len(self.features)
        for wire in gates:
            kind, reads = self.gates[wire - features]
            first, *others = (values.get(read, 0) for read in reads)
            for other in others:
                if kind == "and":
                    first &= other
                elif kind == "or":
                    first |= other
                elif kind == "xor":
                    first ^= other
                else:
                    first &= ~other
            values[wire] = first
        wire, inverted = self.outputs[output]
        return values.get(wire, 0) ^ (every if inverted else 0)

    def is_on(self, output, on):
        """Return whether an output is on when some features are."""
        return bool(self.value(output, dict.fromkeys(on, 1), 1, self.cone(output)[1]))

    def patterns(self, output):
        """Return the features of an output, and for each set of them whether it switches it on."""
        own, gates = self.cone(output)
        if len(own) > MOST_PATTERNS:
            raise Unchecked(f"output {self.names[output]} is a function of {len(own)} features")
        inputs, every = columns(own)
        table = self.value(output, inputs, every, gates)
        return own, [bool(table >> pattern & 1) for pattern in range(1 << len(own))]

    def terms(self, output):
        """Return the sets of features of which an output is on if all of one are, and only then."""
        wire, inverted = self.outputs[output]
        found, stack, features = set(), [wire], len(self.features)
        while stack:
            wire = stack.pop()
            kind, reads = ("and", [wire]) if wire < features else self.gates[wire - features]
            if kind in ("or", "identity"):
                stack += reads
            elif kind != "and" or inverted or wire < 0 or max(reads) >= features:
                raise Unchecked(f"output {self.names[output]} is no OR of ANDs of plain features")
            else:
                found.add(frozenset(reads))
        return found


def columns(wires):
    """Return the columns of the truth table of some wires, by wire, and the column of ones."""
    every, made = (1 << (1 << len(wires))) - 1, {}
    for place, wire in enumerate(wires):
        made[wire] = every // ((1 << (1 << place)) + 1) << (1 << place)
    return made, every


# ---------------------------------------------------------------------------------------------
# 3 Running a network: whole numbers over a power of two
# ---------------------------------------------------------------------------------------------


def run(network, on, cache):
    """Return the numbers of outputs that are on; `cache` keeps columns from call to call."""
    numbers, halvings = {}, 0  # a number is numbers[i] / 2**halvings, and 0 where there is none
    for feature in on:
        for place, sign in network.codes[feature]:
            numbers[place] = numbers.get(place, 0) + sign
    for depth, layer in enumerate(network.layers):
        sums = [bias << halvings for bias in layer.bias]
        for place, number in numbers.items():
            column = cache.setdefault((depth, place), None) or layer.column(place)
            cache[depth, place] = column
            if number:
                sums = [total + number * weight for total, weight in zip(sums, column, strict=True)]
        made, further = sums, 0
        if layer.squared:
            made, further = [number * number for number in sums], halvings
        else:
            cap = (layer.cap << halvings) or NEVER << halvings
            made = [min(max(number, 0), cap) for number in sums]
        further -= math.frexp(layer.scale)[1] - 1
        # What the layer computes has `further` halvings more than what passes it.
        passing = [numbers.get(place, 0) << max(0, further) for place in layer.carried]
        made = [number << max(0, -further) for number in made]
        halvings += max(0, further)
        numbers = {place: number for place, number in enumerate(made + passing) if number}
    found = set()
    for output, entries in enumerate(network.readout):
        threshold = network.thresholds[output]
        reading = sum(weight * numbers.get(unit, 0) for unit, weight in entries)
        if math.isinf(threshold):
            above = threshold < 0
        else:
            above = Fraction(reading, 1 << halvings) >= Fraction(threshold)
        if above:
            found.add(output)
    return found


def confirm(network, circuit, counterexample):
    """Raise Rejected unless a network is wrong on an input; return how many features are on."""
    number = {name: feature for feature, name in enumerate(network.features)}
    named, output = counterexample["on"], counterexample["output"]
    if output not in network.outputs or not set(named) <= set(number):
        raise Rejected("the counterexample names what the network does not have")
    on, which = {number[name] for name in named}, network.outputs.index(output)
    must, found = circuit.is_on(which, on), which in run(network, on, {})
    if must == found or must is not counterexample["must_be_on"] or len(on) < len(named):
        raise Rejected(f"the network is not wrong as said when {', '.join(named)} are on")
    return len(on)


# ---------------------------------------------------------------------------------------------
# 4 Rows of numbers: a row is one whole number
# ---------------------------------------------------------------------------------------------


class Rows:
    """Rows of whole numbers v[0], v[1], ..., each row held as the sum of v[i] * 2**(bits * i).

    Rows are added, subtracted and multiplied as numbers are. It is all exact while every number of
    a row lies between -2**(bits - 1) and 2**(bits - 1): then `row + half` has them side by side,
    each raised by 2**(bits - 1), and the top bit of each says whether it is 0 or more.
    """

    def __init__(self, length, largest):
        """Choose the bits for rows of which no number is farther than `largest` from 0."""
        self.length, self.largest = length, largest
        self.bits = next((b for b in (16, 32, 64) if largest < 1 << b - 2), 0)
        if not self.bits:
            raise Unchecked("sums are longer than 62 bits")
        self.code = {16: "h", 32: "i", 64: "q"}[self.bits]
        self.ones = ((1 << self.bits * length) - 1) // ((1 << self.bits) - 1)
        self.half = self.ones << self.bits - 1
        self.levels = {}

    def pack(self, numbers):
        """Return an array as a row."""
        bytes_ = (numbers if numbers.typecode == self.code else array(self.code, numbers)).tobytes()
        return (int.from_bytes(bytes_, "little") ^ self.half) - self.half

    def unpack(self, row):
        """Return a row as an array."""
        numbers = array(self.code)
        raised = (row + self.half) ^ self.half
        numbers.frombytes(raised.to_bytes(self.length * self.bits // 8, "little"))
        return numbers

    def above(self, raised, level):
        """Return a row with the top bit of each number that is above a level."""
        if level >= self.largest:
            return 0
        if level < -self.largest:
            return self.half
        return raised - self.ones * (level + 1) & self.half

    def between(self, row, low, high):
        """Return how many numbers of a row, not raised, are at least `low` and at most `high`."""
        if max(low, -high) > self.largest:
            return 0
        tops = self.half
        if high < self.largest:
            tops = tops & self._level(high) - row
        if low > -self.largest:
            tops = tops & row + self._level(-low)
        return tops.bit_count()

    def _level(self, number):
        """Return a row of one number, raised; those asked for before are kept."""
        if number not in self.levels:
            if len(self.levels) > 200:
                self.levels.clear()
            self.levels[number] = self.half + self.ones * number
        return self.levels[number]

    def places(self, tops):
        """Return the places of the numbers of which the top bit is set."""
        step = self.bits // 8
        marks = tops.to_bytes(self.length * step, "little")[step - 1 :: step]
        found, place = [], marks.find(128)
        while place >= 0:
            found.append(place)
            place = marks.find(128, place + 1)
        return found

    def relu(self, row):
        """Return max(v, 0) of every number of a row."""
        raised = row + self.half
        tops = raised & self.half
        return raised & (tops - (tops >> self.bits - 1))


class Totals:
    """Sums of rows times weights. Parts that follow each other with the same rows are kept."""

    def __init__(self, rows):
        """Sum such rows."""
        self.rows, self.known, self.last = rows, {}, ()

    def of(self, entries):
        """Return the sum of rows times weights, as a row and a sign, 1 or -1.

        The weights are given as pairs of a row's number and a weight.
        """
        numbers = [number for number, _ in entries]
        if numbers != self.last:
            self.known.clear()
            self.last = numbers
        return self._part(entries) if entries else (0, 1)

    def _part(self, entries):
        """Return a row and a sign; halves of the same entries are summed once, whatever sign."""
        sign = 1 if entries[0][1] >= 0 else -1
        if len(entries) == 1:
            ((number, weight),) = entries
            return (self.rows[number] if sign == weight else self.rows[number] * abs(weight)), sign
        if sign < 0:
            entries = tuple((number, -weight) for number, weight in entries)
        if entries not in self.known:
            half = len(entries) // 2
            (one, _), (other, plus) = self._part(entries[:half]), self._part(entries[half:])
            self.known[entries] = one + other if plus > 0 else one - other
        return self.known[entries], sign


class Reads:
    """What each neuron reads of every feature, W E^T, as arrays; and the least and the most, or 0.

    They are added up feature by feature, for all neurons at once. Features whose codes have the
    same places follow each other. `flat` has what all neurons read of a feature side by side.
    """

    def __init__(self, network):
        """Add up the columns of weights that each feature's code names."""
        layer, units, codes = network.layers[0], len(network.layers[0].bias), network.codes
        rows = Rows(units, 2 * layer.loudest * network.longest)
        total = Totals([rows.pack(layer.column(place)) for place in range(network.dimensions)])
        flat, low, high = array(rows.code, [0]) * (units * len(codes)), 0, 0
        for feature in sorted(range(len(codes)), key=lambda f: [place for place, _ in codes[f]]):
            read, sign = total.of(codes[feature])
            read = read if sign > 0 else -read
            flat[feature * units : (feature + 1) * units] = rows.unpack(read)
            low, high = low - rows.relu(low - read), high + rows.relu(read - high)
        self.units, self.flat, self.arrays = units, flat, [array(rows.code) for _ in range(units)]
        # By blocks of features, which stay in the processor's cache.
        for begin in range(0, units * len(codes), BLOCK * units):
            block = flat[begin : begin + BLOCK * units]
            for unit, read in enumerate(self.arrays):
                read.extend(block[unit::units])
        self.lowest, self.highest = rows.unpack(low), rows.unpack(high)
        self.loudest = [max(-a, b) for a, b in zip(self.lowest, self.highest, strict=True)]

    def of(self, entries, feature):
        """Return what neurons, with weights, read of a feature together."""
        begin = feature * self.units
        return sum(weight * self.flat[begin + unit] for unit, weight in entries)


def check_one_layer(network, method):
    """Raise Rejected unless a network has one hidden layer, of ReLUs with or without caps."""
    layer = network.layers[0]
    if len(network.layers) > 1 or layer.squared or len(layer.carried):
        raise Rejected(f"method {method} is for one hidden layer of ReLUs")


def check_largest_sum(network, reads, active, claimed):
    """Raise Rejected unless a claimed number bounds every sum, in any order, and is below 2**23."""
    layer = network.layers[0]
    highest = [b + active * read for b, read in zip(layer.bias, reads.highest, strict=True)]
    heights = [max(0, min(height, layer.cap or height)) for height in highest]
    largest = max(
        max(map(abs, layer.bias)) + active * network.longest * layer.loudest,
        *(sum(abs(weight) * heights[j] for j, weight in entries) for entries in network.readout),
    )
    if claimed != largest or largest >= EXACT:
        raise Rejected(f"sums reach {largest:,}, and the certificate says {claimed}")


def in_pieces(check, outputs):
    """Yield what `check` returns of pieces of the outputs, made side by side where it pays."""
    if len(outputs) < 20_000 or not hasattr(os, "fork"):
        yield check(outputs)
        return
    global _piece
    size = -(-len(outputs) // PROCESSES)
    _piece = lambda number: check(outputs[number * size : (number + 1) * size])  # noqa: E731
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        yield from pool.imap(_call_piece, range(PROCESSES))


def _call_piece(number):
    return _piece(number)


# ---------------------------------------------------------------------------------------------
# 5 Linear networks: while no ReLU bends, a reading is a sum over the features that are on
# ---------------------------------------------------------------------------------------------


def check_linear(network, circuit, active, evidence):
    """Raise Rejected unless every output is right with up to `active` features on.

    A neuron of bias b never bends if b and the `active` lowest of its reads below 0 add up to 0 or
    more. Then an output reads its own features and, of all others, at most the highest and at least
    the lowest of its reads, as many as may be on beside its own.
    """
    check_one_layer(network, "linear")
    if any(len(circuit.cone(output)[0]) > MOST_PATTERNS for output in range(len(network.outputs))):
        # Sections 5 and 6 find the same; this one goes through all patterns of an output's own.
        check_bending(network, circuit, active, evidence)
        return
    layer, reads = network.layers[0], Reads(network)
    if layer.cap:
        raise Rejected("method linear is for ReLUs without a cap")
    check_largest_sum(network, reads, active, evidence["largest_sum"])
    for unit, bias in enumerate(layer.bias):
        if bias + active * reads.lowest[unit] < 0:
            rising = sorted(reads.arrays[unit])
            if bias + sum(number for number in rising[:active] if number < 0) < 0:
                raise Rejected(f"neuron {unit} bends with {active} features on")
    strips, stated = Strips(network, reads), Stated(evidence)

    def check(outputs):
        limits = []
        for output in outputs:
            own, is_on = circuit.patterns(output)
            mine = [reads.of(network.readout[output], feature) for feature in own]
            bounds = stated.bounds(network.bounds(output, layer))
            limits.append(Limits(network, output, (own, mine, is_on), active, bounds))
        for limit, inside in zip(limits, strips.inside(limits), strict=True):
            # Where one of the others goes farther, only their exact order decides.
            if len(network.features) - inside > limit.outside:
                limit.check_order(strips.others(limit))

    # Outputs that read the same neurons follow each other.
    order = sorted(range(len(network.outputs)), key=lambda o: [j for j, _ in network.readout[o]])
    for _ in in_pieces(check, order):
        pass
    stated.check_attained(network, circuit)


class Strips:
    """What all neurons read, as rows of so few features that their sums stay in the cache."""

    def __init__(self, network, reads):
        """Pack the reads, which are let go."""
        loud, features, self.network = reads.loudest, len(network.features), network
        largest = max(sum(abs(w) * loud[j] for j, w in entries) for entries in network.readout)
        begins = range(0, features, STRIP)
        self.rows = [Rows(min(STRIP, features - begin), largest) for begin in begins]
        self.packed = [[] for _ in begins]
        for unit, read in enumerate(reads.arrays):
            for number, begin in enumerate(begins):
                self.packed[number].append(self.rows[number].pack(read[begin : begin + STRIP]))
            reads.arrays[unit] = None

    def inside(self, limits):
        """Return how many features every output reads within its limits."""
        found = [0] * len(limits)
        for rows, packed in zip(self.rows, self.packed, strict=True):
            totals = Totals(packed)
            for place, limit in enumerate(limits):
                row, sign = totals.of(self.network.readout[limit.output])
                low, high = limit.low, limit.high
                found[place] += rows.between(row, *((low, high) if sign > 0 else (-high, -low)))
        return found

    def others(self, limit):
        """Return what an output reads of all features but its own, which are 0."""
        entries, found = self.network.readout[limit.output], []
        for rows, packed in zip(self.rows, self.packed, strict=True):
            found += rows.unpack(sum(weight * packed[unit] for unit, weight in entries))
        for feature in limit.own:
            found[feature] = 0
        return found


class Limits:
    """How far an output may read one feature that is not its own: from `low` to `high`.

    Then its readings are at most `off` where it must be off, and else at least `on`. `outside` is
    how many of its own features it reads farther.
    """

    def __init__(self, network, output, reads, active, bounds):
        """Raise Rejected unless the output is right as long as only features of its own are on."""
        self.output, self.name, (self.off, self.on) = output, network.outputs[output], bounds
        (self.own, mine, is_on), biases = reads, network.layers[0].bias
        rest = sum(weight * biases[unit] for unit, weight in network.readout[output])
        self.low, self.high, self.sums = -NEVER, NEVER, []
        for pattern, must in enumerate(is_on):
            free = active - pattern.bit_count()
            if free >= 0:
                total = rest + sum(mine[i] for i in range(len(mine)) if pattern >> i & 1)
                self.sums.append((must, free, total))
                if self._is_wrong(must, total):
                    raise Rejected(f"output {self.name} is wrong on its own features")
                # So far may each of the others go, at most: up or down.
                if free and not must:
                    self.high = min(self.high, (self.off - total) // free)
                elif free:
                    self.low = max(self.low, -((total - self.on) // free))
        self.outside = sum(not self.low <= read <= self.high for read in mine)

    def check_order(self, others):
        """Raise Rejected unless the output is right with those of the others that go farthest."""
        rising = sorted(others)
        for must, free, total in self.sums:
            some = rising[:free] if must else rising[len(rising) - free :]
            total += sum(number for number in some if (number < 0) == must)
            if self._is_wrong(must, total):
                raise Rejected(f"output {self.name} can be wrong with other features on")

    def _is_wrong(self, must, total):
        return total < self.on if must else total > self.off


class Stated:
    """The lowest reading where an output must be on and the highest elsewhere, as certified."""

    def __init__(self, evidence):
        """Take both from the evidence."""
        self.on, self.off = evidence.get("lowest_on"), evidence.get("highest_off")

    def bounds(self, off):
        """Return the highest reading for off and the lowest for on, given that of the threshold."""
        stated_off = self.off["reading"] if self.off else NEVER
        stated_on = self.on["reading"] if self.on else -NEVER
        return min(off, stated_off), max(off + 1, stated_on)

    def check_attained(self, network, circuit):
        """Raise Rejected unless the inputs that are named have the readings that are stated."""
        for stated, must in ((self.on, True), (self.off, False)):
            if stated and "on" in stated:
                output = network.outputs.index(stated["output"])
                on = {network.features.index(name) for name in stated["on"]}
                if (reading(network, output, on), circuit.is_on(output, on)) != (
                    stated["reading"],
                    must,
                ):
                    raise Rejected("an extreme reading is not what the certificate says")


def reading(network, output, on):
    """Return what an output of a network of one layer reads, in the units of its weights."""
    layer, total = network.layers[0], 0
    numbers = [0] * network.dimensions
    for feature in on:
        for place, sign in network.codes[feature]:
            numbers[place] += sign
    sums = list(layer.bias)
    for place, number in enumerate(numbers):
        if number:
            sums = [s + number * w for s, w in zip(sums, layer.column(place), strict=True)]
    for unit, weight in network.readout[output]:
        total += weight * min(max(sums[unit], 0), layer.cap or NEVER)
    return total


# ---------------------------------------------------------------------------------------------
# 6 Networks whose ReLUs bend: branch and bound
# ---------------------------------------------------------------------------------------------

MOST_SETS = 100_000  # of one output
MOST_OWN = 6  # features of an output that is taken as a table; with more it is an OR of ANDs


def check_bending(network, circuit, active, evidence):
    """Raise Rejected unless every output is right with up to `active` features on.

    Let the features of a set P be on, and f more be free, which bring x to a sum that a ReLU sees:
    then relu(x + h1 + ... + hf) is at most the mean of relu(x + f * hi), and -relu(y) at most -y
    and at most 0. So a reading above a bound needs a free feature whose own mean is above it. Those
    are tried one after another, until no feature is left free.
    """
    check_one_layer(network, "branch-and-bound")
    layer, reads = network.layers[0], Reads(network)
    check_largest_sum(network, reads, active, evidence["largest_sum"])
    loud = reads.loudest
    most = [abs(b) + layer.cap + 2 * active * h for b, h in zip(layer.bias, loud, strict=True)]
    largest = max(sum(2 * abs(w) * most[j] for j, w in entries) for entries in network.readout)
    rows = Rows(len(network.features), largest)
    searching = Searching(rows, reads.arrays)
    stated = Stated(evidence)

    def check(outputs):
        for output in outputs:
            off, on = stated.bounds(network.bounds(output, layer))
            rising = parts(network, output)
            falling = [(unit, bias, -weight) for unit, bias, weight in rising]
            for first, barred, must in cases(circuit, output):
                free, (summed, bound) = active - len(first), (rising, off)
                if must:
                    summed, bound = falling, -on
                if free >= 0 and searching.exceeds(summed, bound, (first, free, barred)):
                    name = network.outputs[output]
                    raise Rejected(f"output {name} can be wrong with {active} features on")

    for _ in in_pieces(check, range(len(network.outputs))):
        pass
    stated.check_attained(network, circuit)


def parts(network, output):
    """Return the ReLUs that an output adds up: (unit, bias, weight); a cap is one more ReLU."""
    layer, weights = network.layers[0], {}
    for unit, weight in network.readout[output]:
        weights[unit] = weights.get(unit, 0) + weight
    found = [(unit, layer.bias[unit], weight) for unit, weight in weights.items() if weight]
    if layer.cap:
        found += [(unit, bias - layer.cap, -weight) for unit, bias, weight in found]
    return found


def cases(circuit, output):
    """Yield sets of inputs that are all inputs there are: (features on, a test, the value).

    The test says of a set of features whether inputs that have them on are to be left out.
    """
    own, _ = circuit.cone(output)
    if len(own) <= MOST_OWN:
        own, is_on = circuit.patterns(output)
        for pattern, must in enumerate(is_on):
            first = {feature for place, feature in enumerate(own) if pattern >> place & 1}
            others = set(own) - first
            yield frozenset(first), others.intersection, must
        return
    terms, reading = circuit.terms(output), {}
    for term in terms:
        yield term, lambda on: False, True
        for feature in term:
            reading.setdefault(feature, []).append(term)
    yield (
        frozenset(),
        lambda on: any(term <= on for feature in on for term in reading.get(feature, ())),
        False,
    )


class Searching:
    """The search for a set of features that takes a sum of ReLUs above a bound."""

    def __init__(self, rows, arrays):
        """Search with what each neuron reads of every feature."""
        self.rows, self.arrays, self.reads = rows, arrays, [rows.pack(read) for read in arrays]

    def exceeds(self, summed, bound, case):
        """Return whether some set of a case takes a sum of ReLUs above a bound."""
        first, free, barred = case
        waiting, met = [(first, free)], set()
        while waiting:
            on, free = waiting.pop()
            if (on, free) in met:
                continue
            met.add((on, free))
            if len(met) > MOST_SETS:
                raise Unchecked(f"an output needs more than {MOST_SETS:,} sets of features")
            at = [
                (unit, bias + sum(self.arrays[unit][feature] for feature in on), weight)
                for unit, bias, weight in summed
            ]
            if not free and sum(weight * max(x, 0) for _, x, weight in at) > bound:
                return True
            if free:
                alone, means = self._means(at, free)
                if alone > bound:
                    waiting.append((on, free - 1))
                for feature in self.rows.places(self.rows.above(means, bound)):
                    further = on | {feature}
                    if feature not in on and not barred(further):
                        waiting.append((further, free - 1))
        return False

    def _means(self, at, free):
        """Return what a free feature that is off counts, and what each counts that is on."""
        rows, alone, constant, means = self.rows, 0, 0, self.rows.half
        for unit, x, weight in at:
            if weight > 0:
                means += weight * rows.relu(self.reads[unit] * free + rows.ones * x)
                alone += weight * max(x, 0)
            elif x > 0:
                means += weight * free * self.reads[unit]
                constant += weight * x
        return alone + constant, means + rows.ones * constant


# ---------------------------------------------------------------------------------------------
# 7 Exact networks of logic: right on all Boolean inputs
# ---------------------------------------------------------------------------------------------

PATTERNS = 4096  # inputs on which nodes are compared before they are shown to be equal
LEAVES, WIDEST, EXPANDED = 16, 40, 400  # of truth tables; of cuts on the way; nodes in between
CANDIDATES = 8  # nodes with which a new one is compared
MOST_SUMS = 200_000  # partial sums of one unit
MOST_VALUES = 4096  # of one unit
MOST_LEVELS, MOST_DIAGRAMS = 400, 100_000  # inputs and nodes of decision diagrams


def check_logic(network, circuit):
    """Raise Rejected or Unchecked unless network and circuit are equal on all Boolean inputs.

    A unit of whole numbers is the sum over t = 1, 2, ... of [z >= t], z its weighted sum; and
    [z >= t] is logic, found by going through its addends and keeping apart their partial sums.
    """
    logic, features = Logic(len(network.features)), len(network.features)
    sums = Sums(logic)
    numbers = [{} for _ in range(network.dimensions)]
    for feature, code in enumerate(network.codes):
        for place, sign in code:
            numbers[place][2 * (feature + 1)] = sign
    for layer in network.layers:
        if layer.squared or layer.scale != 1:
            raise Unchecked("method sat is for units that do not square, and scales of 1")
        rows = [[] for _ in layer.bias]
        for column, unit, weight in layer.entries():
            rows[unit].append((numbers[column], weight))
        made = [sums.unit(row, b, layer.cap) for row, b in zip(rows, layer.bias, strict=True)]
        numbers = made + [numbers[place] for place in layer.carried]
    wires = [2 * (feature + 1) for feature in range(features)]
    for kind, reads in circuit.gates:
        wires.append(logic.gate(kind, [wires[read] for read in reads]))
    left = []
    for output, entries in enumerate(network.readout):
        wire, inverted = circuit.outputs[output]
        must = (wires[wire] if wire >= 0 else 0) ^ int(inverted)
        threshold = network.thresholds[output]
        if math.isinf(threshold):
            found = int(threshold < 0)
        else:
            form, constant = sums.form([(numbers[unit], weight) for unit, weight in entries])
            found = sums.at_least(form, math.ceil(threshold) - constant)
        if found != must:
            differ = logic.look(found) ^ logic.look(must)
            if differ:
                pattern = (differ & -differ).bit_length() - 1
                on = [f for f in range(features) if logic.looks[f + 1] >> pattern & 1]
                named = ", ".join(network.features[feature] for feature in on) or "nothing"
                raise Rejected(f"output {network.outputs[output]} is wrong when on are: {named}")
            same = Diagrams(logic).equal(found, must)
            if same is False:
                raise Rejected(f"output {network.outputs[output]} is wrong on some input")
            if same is None:
                left.append(network.outputs[output])
    if left:
        some = ", ".join(left[:5]) + (", ..." if len(left) > 5 else "")
        raise Unchecked(
            f"{len(left):,} of {len(network.outputs):,} outputs need a SAT solver ({some}), all "
            "others are right on every input; `polyseme prove` decides them again"
        )


class Sums:
    """Weighted sums of logic. A number is a table from *atoms* to weights, and is their sum.

    An atom is a literal, or (sum, t) for [sum >= t], which becomes a literal when it is needed.
    """

    def __init__(self, logic):
        """Make sums out of such logic."""
        self.logic, self.numbers, self.forms, self.known = logic, {}, [], {}

    def form(self, addends):
        """Return a sum of numbers times weights: the number of its form, and a constant."""
        atoms, nodes, constant = {}, {}, 0
        for number, weight in addends:
            for atom, times in number.items():
                atoms[atom] = atoms.get(atom, 0) + weight * times
        # What cancels is gone before anything is made of it.
        for atom, weight in atoms.items():
            if weight:
                literal = atom if type(atom) is int else self.at_least(*atom)
                constant += weight * (literal & 1)
                nodes[literal >> 1] = nodes.get(literal >> 1, 0) + weight * (1 - 2 * (literal & 1))
        nodes.pop(0, None)
        form = tuple(
            sorted((-abs(weight), node, weight) for node, weight in nodes.items() if weight)
        )
        if form not in self.numbers:
            self.numbers[form] = len(self.forms)
            self.forms.append([(node, weight) for _, node, weight in form])
        return self.numbers[form], constant

    def unit(self, addends, bias, cap):
        """Return the number that a unit computes."""
        form, constant = self.form(addends)
        constant += bias
        highest = constant + sum(max(0, weight) for _, weight in self.forms[form])
        highest = min(highest, cap or highest)
        if highest > MOST_VALUES:
            raise Unchecked(f"a unit reaches {highest:,}; method sat is for exact networks")
        return {(form, value - constant): 1 for value in range(1, highest + 1)}

    def at_least(self, form, bound):
        """Return the literal of [sum >= bound]."""
        if (form, bound) not in self.known:
            self.known[form, bound] = self._made(self.forms[form], bound)
        return self.known[form, bound]

    def _made(self, addends, bound):
        low, high = [0], [0]  # what the last 0, 1, ... addends come to
        for _, weight in reversed(addends):
            low.append(low[-1] + min(0, weight))
            high.append(high[-1] + max(0, weight))
        steps, waiting, states = [], {0}, 0
        for place, (_, weight) in enumerate(addends):
            left = len(addends) - place
            waiting = {s for s in waiting if s + low[left] < bound <= s + high[left]}
            states += len(waiting)
            if states > MOST_SUMS:
                raise Unchecked(f"a unit has more than {MOST_SUMS:,} partial sums")
            steps.append(waiting)
            waiting = waiting | {total + weight for total in waiting}
        decided = {}
        for place in range(len(addends), -1, -1):
            left = len(addends) - place
            below, decided = decided, {}
            if place < len(addends):
                node, weight = addends[place]

                def then(total, left=left, below=below):
                    if total + low[left - 1] >= bound:
                        return 1
                    return 0 if total + high[left - 1] < bound else below[total]

                for total in steps[place]:
                    decided[total] = self.logic.choice(2 * node, then(total + weight), then(total))
        return decided.get(0, int(low[-1] >= bound))


class Logic:
    """ANDs of two and negations, in which no two nodes that were shown to be equal are kept.

    Node 0 is constantly off; then come the inputs, then the ANDs. A literal is twice a node, plus 1
    if it is negated. Nodes that look alike on some patterns of inputs are merged if their truth
    tables over at most 16 nodes that they are made of are equal, or they are ANDs of the same.
    """

    def __init__(self, inputs):
        """Begin with so many inputs."""
        draw, quarter = random.Random(0).getrandbits, PATTERNS // 4
        self.inputs, self.every = inputs, (1 << PATTERNS) - 1
        self.fan_in, self.looks, self.known, self.tables = [()], [0], {}, {}
        self.alike = {0: [0]}
        for _ in range(inputs):
            # On in a half, a quarter, three quarters and a sixteenth; all are off in pattern 0.
            a, b, c, d, e, f, g, h = (draw(quarter) for _ in range(8))
            look = 0
            for part in (a, b & c, d | e, f & g & h & draw(quarter)):
                look = look << quarter | part
            self._append((), look >> 1 << 1)
            self.alike.setdefault(self.looks[-1], []).append(len(self.looks) - 1)

    def _append(self, fan_in, look):
        self.fan_in.append(fan_in)
        self.looks.append(look)

    def look(self, literal):
        """Return the values of a literal in all patterns, one a bit."""
        return self.looks[literal >> 1] ^ (self.every if literal & 1 else 0)

    def both(self, one, other):
        """Return the literal of an AND."""
        pair = (min(one, other), max(one, other))
        if pair[0] < 2:
            return pair[1] if pair[0] else 0
        if pair[0] >> 1 == pair[1] >> 1:
            return pair[0] if pair[0] == pair[1] else 0
        if pair not in self.known:
            self.known[pair] = self._made(pair)
        return self.known[pair]

    def either(self, one, other):
        """Return the literal of an OR."""
        return self.both(one ^ 1, other ^ 1) ^ 1

    def choice(self, literal, then, otherwise):
        """Return `then` where a literal is on and `otherwise` where it is off."""
        if then == 1 or then == otherwise:
            return self.either(literal, otherwise) if then == 1 else then
        if otherwise == 1:
            return self.either(literal ^ 1, then)
        return self.either(self.both(literal, then), self.both(literal ^ 1, otherwise))

    def gate(self, kind, reads):
        """Return the literal of a gate of a circuit."""
        first, *others = reads
        for other in others:
            if kind == "and":
                first = self.both(first, other)
            elif kind == "or":
                first = self.either(first, other)
            elif kind == "and_not":
                first = self.both(first, other ^ 1)
            else:
                first = self.choice(first, other ^ 1, other)
        return first

    def _made(self, pair):
        """Return the literal of a new AND, or of a node that it equals."""
        node, look = len(self.looks), self.look(pair[0]) & self.look(pair[1])
        self._append(pair, look)
        # Nodes that look like each other's negation are kept together too.
        alike = self.alike.setdefault(look ^ (self.every if look & 1 else 0), [])
        for other in alike[:CANDIDATES]:
            negated = (look ^ self.looks[other]) & 1
            if self._equal(node, other, negated):
                self.fan_in.pop()
                self.looks.pop()
                return 2 * other + negated
        alike.append(node)
        return 2 * node

    def _equal(self, node, other, negated):
        """Return whether a node is shown to be another, or its negation."""
        if other > self.inputs and not negated and self._operands(node) == self._operands(other):
            return True
        cut, inside, best = {node, other} - {0}, [], None
        while len(inside) < EXPANDED and len(cut) <= WIDEST and max(cut) > self.inputs:
            inside.append(max(cut))
            cut.remove(inside[-1])
            cut.update(literal >> 1 for literal in self.fan_in[inside[-1]])
            if len(cut) <= LEAVES:
                best = sorted(cut), len(inside)
        if best is None:
            return False
        leaves, count = best
        if len(leaves) not in self.tables:
            self.tables[len(leaves)] = columns(range(len(leaves)))
        made, every = self.tables[len(leaves)]
        tables = {leaf: made[place] for place, leaf in enumerate(leaves)} | {0: 0}
        for made_of in reversed(inside[:count]):
            one, two = (
                tables[literal >> 1] ^ (every if literal & 1 else 0)
                for literal in self.fan_in[made_of]
            )
            tables[made_of] = one & two
        return tables[node] ^ tables[other] == (every if negated else 0)

    def _operands(self, node):
        """Return the literals of which a node is the AND, and that are no ANDs themselves."""
        found, waiting = set(), list(self.fan_in[node])
        while waiting:
            literal = waiting.pop()
            if literal & 1 or literal >> 1 <= self.inputs:
                found.add(literal)
            else:
                waiting += self.fan_in[literal >> 1]
        return found


class Diagrams:
    """Binary decision diagrams: of one order of inputs, equal logic has the same diagram.

    Diagrams 0 and 1 are constant; any other asks about the input of a level, and goes on.
    """

    def __init__(self, logic):
        """Make diagrams of such logic."""
        self.logic, self.asked, self.numbers, self.known = logic, [(NEVER,), (NEVER,)], {}, {}

    def equal(self, one, other):
        """Return whether two literals are equal; None if their diagrams grow too large."""
        levels, met, waiting, logic = {}, set(), [other, one], self.logic
        while waiting:
            node = waiting.pop() >> 1
            if node not in met:
                met.add(node)
                waiting += logic.fan_in[node]
                if 0 < node <= logic.inputs:
                    levels[node] = len(levels)
        if len(levels) > MOST_LEVELS:
            return None
        made = {0: 0, 1: 1}
        for node in sorted(met - {0}):
            if node in levels:
                made[2 * node] = self._asking(levels[node], 0, 1)
            else:
                made[2 * node] = self._both(*(made[literal] for literal in logic.fan_in[node]))
            made[2 * node + 1] = self._negated(made[2 * node])
            if len(self.asked) > MOST_DIAGRAMS:
                return None
        return made[one] == made[other]

    def _asking(self, level, off, on):
        if off == on:
            return on
        if (level, off, on) not in self.numbers:
            self.numbers[level, off, on] = len(self.asked)
            self.asked.append((level, off, on))
        return self.numbers[level, off, on]

    def _negated(self, one):
        if one < 2:
            return 1 - one
        if one not in self.known:
            level, off, on = self.asked[one]
            self.known[one] = self._asking(level, self._negated(off), self._negated(on))
        return self.known[one]

    def _both(self, one, other):
        one, other = min(one, other), max(one, other)
        if one < 2 or one == other:
            return other if one else 0
        if (one, other) not in self.known:
            level = min(self.asked[one][0], self.asked[other][0])
            sides = [
                self.asked[which][1:] if self.asked[which][0] == level else (which, which)
                for which in (one, other)
            ]
            parts = (self._both(*pair) for pair in zip(*sides, strict=True))
            self.known[one, other] = self._asking(level, *parts)
        return self.known[one, other]


# ---------------------------------------------------------------------------------------------
# 8 Enumerated and sampled claims: run again, as far as this script can
# ---------------------------------------------------------------------------------------------

MOST_RUN, TRIED = 2_000, 100


def check_runs_again(network, circuit, claim, evidence):
    """Return what was run again, in words, and whether that was all that is claimed."""
    number = {name: feature for feature, name in enumerate(network.features)}
    failures = {frozenset(number[name] for name in on) for on in evidence["failures"]}
    features, active, cache = len(network.features), claim["active"], {}
    cones = [circuit.cone(output)[1] for output in range(len(network.outputs))]

    def is_wrong(on):
        found, inputs = run(network, on, cache), dict.fromkeys(on, 1)
        return any(
            circuit.value(output, inputs, 1, gates) != (output in found)
            for output, gates in enumerate(cones)
        )

    if len(failures) < len(evidence["failures"]) or len(failures) > claim["wrong"]:
        raise Rejected("more failures are listed than there are")
    most = features if active is None else active
    if any(len(on) > most or not is_wrong(on) for on in failures):
        raise Rejected("an input that is listed as wrong is right")
    if "seed" in evidence:
        return f"{len(failures)} listed failures", False
    if claim["inputs"] <= MOST_RUN:
        every = (set(on) for size in range(most + 1) for on in combinations(range(features), size))
        wrong = sum(map(is_wrong, every))
        if wrong != claim["wrong"]:
            raise Rejected(f"{wrong:,} inputs are wrong, and not {claim['wrong']:,}")
        return f"all {claim['inputs']:,} inputs, of which {wrong:,} are wrong", True
    draw = random.Random(0)
    for _ in range(TRIED):
        on = frozenset(draw.sample(range(features), most))
        complete = len(failures) == claim["wrong"]
        if (complete or not claim["wrong"]) and is_wrong(on) != (on in failures):
            raise Rejected(f"an input is wrong that is not listed: {sorted(on)}")
    return f"{len(failures)} listed failures and {TRIED} inputs of {claim['inputs']:,}", False


# ---------------------------------------------------------------------------------------------
# 9 The verdict
# ---------------------------------------------------------------------------------------------

METHODS = {"linear": check_linear, "branch-and-bound": check_bending}
TRIES = ("exhaustive", "sampled")


def checked(certificate, network_data, circuit_data):
    """Return what was derived again, in words. Raises Rejected, Unreadable or Unchecked."""
    found = parsed(certificate, "the certificate")
    if (found.get("format"), found.get("version")) != ("polyseme-certificate", 1):
        raise Unreadable("the certificate is no polyseme-certificate of version 1")
    body = {key: value for key, value in found.items() if key != "sha256"}
    if found.get("sha256") != hashlib.sha256(canonical(body)).hexdigest():
        raise Rejected("the certificate was changed: it does not have the hash that it names")
    for what, data in (("network", network_data), ("circuit", circuit_data)):
        if found[what]["sha256"] != hashlib.sha256(data).hexdigest():
            raise Rejected(f"the {what} file is not the one that was certified")
    network, circuit = Network(network_data), Circuit(circuit_data)
    if network.features != circuit.features or network.outputs != circuit.names:
        raise Rejected("network and circuit have other features or outputs")
    claim, method, refuted = found["claim"], found["method"], found["counterexample"]
    active, held = claim["active"], claim["largest_active"]
    if method != "sampled" and claim["inputs"] != inputs(len(network.features), active):
        raise Rejected("the number of inputs is not that of the claim")
    if claim["outputs"] != len(network.outputs) or method not in (*METHODS, *TRIES, "sat"):
        raise Rejected("the claim is not about all outputs, or its method is not known")
    said, proves, complete = [], False, True
    many = f"{len(network.outputs):,} outputs are right on every"
    if method in METHODS and held is not None:
        METHODS[method](network, circuit, held, found["evidence"])
        said.append(f"{many} input with at most {held:,} of {len(network.features):,} features on")
        proves = active is not None and held >= active
    elif method == "sat" and claim["proved"]:
        check_logic(network, circuit)
        said.append(f"{many} one of the 2^{len(network.features):,} inputs")
        proves = True
    elif method in TRIES:
        ran, complete = check_runs_again(network, circuit, claim, found["evidence"])
        said.append(f"run again: {ran}")
        proves = method == "exhaustive" and claim["wrong"] == 0
    on = None if refuted is None else confirm(network, circuit, refuted)
    if on is not None:
        if on <= (-1 if held is None else held):
            raise Rejected("the counterexample contradicts what holds")
        said.append(f"{refuted['output']} is wrong when {', '.join(refuted['on'])} are on")
    if method not in TRIES and claim["wrong"] not in ((0, None) if proves else (None,)):
        raise Rejected(f"method {method} does not find how many inputs are wrong")
    refutes = on is not None and (active is None or on <= active)
    follows = False if refutes else True if proves else None
    if claim["proved"] is not follows or not said:
        raise Rejected(f"the claim says proved: {claim['proved']}, and that does not follow")
    if not complete:
        raise Unchecked("; ".join(said))
    return "; ".join(said)


def inputs(features, active):
    """Return the number of inputs with at most so many features on, or of all."""
    if active is None:
        return 1 << features
    return sum(math.comb(features, on) for on in range(active + 1))


def canonical(found):
    """Return the bytes of an object that its hash is of."""
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


# Errors that a file may cause which is of the right format but makes no sense.
SENSELESS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError)


def verdict(certificate, network, circuit):
    """Return the exit status and the line to print, given the bytes of the three files."""
    try:
        return 0, f"accepted: {checked(certificate, network, circuit)}"
    except Rejected as error:
        return 1, f"rejected: {error}"
    except Unreadable as error:
        return 2, f"unreadable: {error}"
    except SENSELESS as error:
        return 2, f"unreadable: {type(error).__name__}: {error}"
    except Unchecked as error:
        return 3, f"not checked: {error}"


def main(arguments):
    """Print the verdict on three files, and return the exit status."""
    if len(arguments) != 3 or sys.byteorder != "little":
        print(__doc__.strip())
        return 2
    sys.set_int_max_str_digits(0)
    try:
        status, said = verdict(*map(contents, arguments))
    except Unreadable as error:
        status, said = 2, f"unreadable: {error}"
    print(" ".join(said.split()))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
