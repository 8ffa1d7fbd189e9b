// The airports networks, each loaded once by the part that runs it.

import { Network, parse } from "./runner.js";

const loaded = {};

/** Return a network ("proved" or "larger"), its facts and the places of its airports. */
export function airports(name) {
  loaded[name] ??= Promise.all([
    fetch(`airports/${name}.network.bin`).then((answer) => answer.arrayBuffer()),
    fetch(`airports/${name}.view.bin`).then((answer) => answer.arrayBuffer()),
    fetch("airports/places.json").then((answer) => answer.json()),
  ]).then(([file, view, places]) => new Airports(new Network(file), parse(view).tensors, places));
  return loaded[name];
}

class Airports {
  constructor(network, view, places) {
    this.network = network;
    this.places = places;
    this.relations = places.relations;
    this.count = places.code.length;
    // Every fact is a term of two literals: an airport and a relation.
    const literals = view["terms.literals"].data;
    this.output = view["terms.output"].data;
    this.facts = this.output.length;
    this.airport = new Int32Array(this.facts);
    this.relation = new Int32Array(this.facts);
    this.truth = this.relations.map(() => new Int32Array(this.count).fill(-1));
    for (let fact = 0; fact < this.facts; fact += 1) {
      const pair = [literals[2 * fact], literals[2 * fact + 1]].sort((a, b) => a - b);
      [this.airport[fact], this.relation[fact]] = [pair[0], pair[1] - this.count];
      this.truth[this.relation[fact]][this.airport[fact]] = this.output[fact];
    }
    this.served = Array.from({ length: network.layers[0].bias.length }, () => []);
    const [offsets, units] = [view["layers.0.offsets"].data, view["layers.0.units"].data];
    for (let fact = 0; fact < this.facts; fact += 1) {
      for (let k = offsets[fact]; k < offsets[fact + 1]; k += 1) this.served[units[k]].push(fact);
    }
  }

  /** Return what is true of airports, asked one relation: numbers of outputs. */
  answers(list, relation) {
    return [...new Set(list.map((airport) => this.truth[relation][airport]))].filter((output) => output >= 0);
  }

  /** Return the sum of a neuron before its bend for every fact, in units of its bend. */
  sums(neuron) {
    const { network } = this;
    const { weights, bias } = network.layers[0];
    const row = neuron * network.about.dimensions;
    const read = new Float64Array(network.features.length);
    for (let feature = 0; feature < read.length; feature += 1) {
      for (let k = feature * network.weight; k < (feature + 1) * network.weight; k += 1) {
        read[feature] += network.signs[k] * weights[row + network.positions[k]];
      }
    }
    const found = new Float64Array(this.facts);
    for (let fact = 0; fact < this.facts; fact += 1) {
      found[fact] = read[this.airport[fact]] + read[this.count + this.relation[fact]] + bias[neuron];
    }
    return found;
  }

  /** Return an object without its relation: "country=FR" is "FR". */
  object(output) {
    return this.network.outputs[output].replace(/^[^=]*=/, "");
  }
}
