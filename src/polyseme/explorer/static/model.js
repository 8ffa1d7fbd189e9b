// A network with what is told of its answer key: purposes, truth, and why an answer came about.

import { Network, parse } from "./runner.js";

const [IDENTITY, AND, OR, AND_NOT, XOR] = [0, 1, 2, 3, 4];

/** Everything that the pages ask about: names, units, columns, truth, contributions. */
export class Explored {
  constructor(file, view) {
    this.network = new Network(file);
    this.features = this.network.features;
    this.outputs = this.network.outputs;
    this.numbers = { feature: positions(this.features), output: positions(this.outputs) };
    this.layers = this.network.layers;
    this.view = view ? parse(view) : null;
    if (this.view) this.readView(this.view.tensors);
  }

  readView(tensors) {
    const of = (name) => tensors[name]?.data;
    this.circuit = {
      kinds: of("circuit.kinds"), offsets: of("circuit.fan_in_offsets"), inputs: of("circuit.fan_in"),
      outputs: of("circuit.outputs"), inverted: of("circuit.inverted"),
    };
    this.terms = of("terms.output") && {
      output: of("terms.output"), offsets: of("terms.offsets"), literals: of("terms.literals"), signs: of("terms.signs"),
    };
    this.columns = this.layers.map((layer, number) => {
      const [offsets, units] = [of(`layers.${number}.offsets`), of(`layers.${number}.units`)];
      const served = Array.from({ length: layer.bias.length + layer.carried.length }, () => []);
      for (let column = 0; column + 1 < offsets.length; column += 1) {
        for (let k = offsets[column]; k < offsets[column + 1]; k += 1) served[units[k]].push(column);
      }
      const lines = of(`layers.${number}.names`);
      return { offsets, units, served, names: lines && new TextDecoder().decode(lines).split("\n") };
    });
  }

  /** Return a column of a layer in words: a term, or the name of a wire. */
  columnName(layer, column) {
    const { names } = this.columns[layer];
    if (names) return names[column];
    const words = this.literals(column).map(([feature, sign]) => (sign > 0 ? "" : "not ") + this.features[feature]);
    return `${words.join(" & ")} → ${this.outputs[this.terms.output[column]]}`;
  }

  /** Return the literals of a term: pairs of feature and sign. */
  literals(term) {
    const { offsets, literals, signs } = this.terms;
    return Array.from({ length: offsets[term + 1] - offsets[term] }, (_, k) => [literals[offsets[term] + k], signs[offsets[term] + k]]);
  }

  /** Return the terms for which a condition on their number holds. */
  termsWhere(holds) {
    return this.terms ? Array.from(this.terms.output, (_, term) => term).filter(holds) : [];
  }

  /** Return the units of a column. */
  unitsOf(layer, column) {
    const { offsets, units } = this.columns[layer];
    return Array.from(units.subarray(offsets[column], offsets[column + 1]));
  }

  /** Return which outputs should be on, by the circuit; null without an answer key. */
  truth(features) {
    if (!this.circuit) return null;
    const { kinds, offsets, inputs, outputs, inverted } = this.circuit;
    const wires = new Uint8Array(this.features.length + kinds.length);
    for (const feature of features) wires[feature] = 1;
    for (let gate = 0; gate < kinds.length; gate += 1) {
      const [begin, end, kind] = [offsets[gate], offsets[gate + 1], kinds[gate]];
      let on = 0;
      for (let k = begin; k < end; k += 1) on += wires[inputs[k]];
      if (on) wires[this.features.length + gate] = Number(satisfied(kind, on, end - begin, wires[inputs[begin]]));
    }
    const found = [];
    outputs.forEach((wire, output) => { if ((wire >= 0 ? wires[wire] : 0) !== inverted[output]) found.push(output); });
    return found;
  }

  /** Return outputs that are missed and mistaken on an input. */
  errors(features) {
    const { on } = this.network.run(features);
    const truth = this.truth(features);
    if (!truth) return null;
    const [said, should] = [new Set(on), new Set(truth)];
    return { missed: truth.filter((output) => !said.has(output)), mistaken: on.filter((output) => !should.has(output)) };
  }

  /** Return what each feature adds to the sum of a unit of the first layer, for features listed. */
  addedToSum(unit, features) {
    const { weights, offsets, columns, values } = this.layers[0];
    const row = new Map();
    if (!weights) for (let e = offsets[unit]; e < offsets[unit + 1]; e += 1) row.set(columns[e], values[e]);
    const weight = (column) => (weights ? weights[unit * this.network.about.dimensions + column] : row.get(column) ?? 0);
    const { positions, signs, weight: wide } = this.network;
    return features.map((feature) => {
      let sum = 0;
      for (let k = feature * wide; k < (feature + 1) * wide; k += 1) sum += signs[k] * weight(positions[k]);
      return sum;
    });
  }

  /** Return what every number that a unit of a later layer reads adds to its sum, largest first. */
  addedFromBelow(layer, unit, below) {
    const { weights, offsets, columns, values } = this.layers[layer];
    const found = [];
    const add = (column, weight) => { if (weight * below[column]) found.push([column, weight * below[column]]); };
    if (weights) for (let column = 0; column < below.length; column += 1) add(column, weights[unit * below.length + column]);
    else for (let e = offsets[unit]; e < offsets[unit + 1]; e += 1) add(columns[e], values[e]);
    return found.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  }

  /** Return what every unit adds to the reading of an output: [unit, weight, part], largest first. */
  addedToReading(output, values) {
    const { offsets, neurons, weights } = this.network.readout;
    const found = [];
    for (let e = offsets[output]; e < offsets[output + 1]; e += 1) found.push([neurons[e], weights[e], weights[e] * values[neurons[e]]]);
    return found.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]) || a[0] - b[0]);
  }

  /** Return what features and biases add to a reading of a single layer, through units that are above their bend. */
  addedByFeature(output, features, sums) {
    const { offsets, neurons, weights } = this.network.readout;
    const [layer] = this.layers;
    const parts = new Float64Array(features.length);
    let rest = 0;
    for (let e = offsets[output]; e < offsets[output + 1]; e += 1) {
      const unit = neurons[e];
      if (!(sums[unit] > 0)) continue;
      const strength = weights[e] * layer.scale;
      this.addedToSum(unit, features).forEach((added, i) => { parts[i] += strength * added; });
      rest += strength * layer.bias[unit];
    }
    return { parts, rest };
  }

  /** Return the code of a feature: pairs of dimension and sign. */
  code(feature) {
    const { positions, signs, weight } = this.network;
    return Array.from({ length: weight }, (_, k) => [positions[feature * weight + k], signs[feature * weight + k]]);
  }

  /** Return the overlap of a feature's code with every feature's, scaled to 1 with itself. */
  overlaps(feature) {
    const { positions, signs, weight, about } = this.network;
    const dense = new Float64Array(about.dimensions);
    for (const [dimension, sign] of this.code(feature)) dense[dimension] = sign;
    return Float64Array.from({ length: this.features.length }, (_, other) => {
      let sum = 0;
      for (let k = other * weight; k < (other + 1) * weight; k += 1) sum += signs[k] * dense[positions[k]];
      return sum / weight;
    });
  }

  /** Return a random input that keeps the promise: a term's features and others, or any. */
  drawn(source, term) {
    const active = Math.max(1, this.network.about.provenance.active);
    const on = new Set();
    if (this.terms) {
      const chosen = term ?? source.below(this.terms.output.length);
      for (const [feature, sign] of this.literals(chosen)) if (sign > 0) on.add(feature);
    }
    while (on.size < Math.min(active, this.features.length)) on.add(source.below(this.features.length));
    return [...on];
  }
}

/** Return whether a gate is on with so many of its inputs on; every kind rests at 0. */
function satisfied(kind, on, all, first) {
  if (kind === AND) return on === all;
  if (kind === AND_NOT) return first === 1 && on === 1;
  if (kind === XOR) return on % 2 === 1;
  return kind === IDENTITY || kind === OR;
}

/** Return the number of every name. */
function positions(names) {
  return new Map(names.map((name, i) => [name, i]));
}
