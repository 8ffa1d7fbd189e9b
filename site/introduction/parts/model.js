// Part 11: what layers of a width can at most compute, and what the constructions reach.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { barRows, button, el, short, slider } from "../draw.js";
import { bitsOfPairs, largest, log2Factorial } from "../bounds.js";

/** Return the most features that counting allows, of which so many ANDs or a permutation are computed. */
export function most({ width, layers, bits }) {
  const held = bits * layers * width * width;
  return { permutation: largest(log2Factorial, held), pairs: largest(bitsOfPairs, held), bits: held };
}

/** Return the ANDs that networks built by a method reach in a width: n = c sqrt(m' log2 m'), c from the largest built. */
export function reached(rows, width) {
  const last = rows.at(-1);
  const form = (gates) => Math.sqrt(gates * Math.log2(gates));
  const constant = last.neurons / form(last.gates);
  return largest((gates) => constant * form(gates), width);
}

export function model(place) {
  const { begin, models } = data.model;
  const kept = new Kept("model", begin);
  const state = { ...begin, width: Math.round(kept.number("width", 64, 2 ** 17)), layers: Math.round(kept.number("layers", 1, 128)), bits: kept.number("bits", 1, 16) };
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const power = (x) => Math.log2(x);
  const knobs = {
    width: slider({ label: "Neurons per layer", min: 6, max: 17, step: 0.01, value: power(state.width), words: () => state.width.toLocaleString("en"), input: (x) => { state.width = near(2 ** x, models.map((one) => one.width)); show(); } }),
    layers: slider({ label: "Layers", min: 1, max: 128, value: state.layers, input: (x) => { state.layers = x; show(); } }),
    bits: slider({ label: "Bits per weight", min: 1, max: 16, step: 0.5, value: state.bits, input: (x) => { state.bits = x; show(); } }),
  };
  const names = models.map((one) => button(one.name, () => { knobs.layers.set(one.layers); knobs.width.set(power(one.width)); }));
  place.append(
    el("div", { class: "controls" }, el("span", {}, "As wide and deep as:"), names),
    el("div", { class: "controls" }, knobs.width.element, knobs.layers.element, knobs.bits.element), chart, told);
  function show() {
    kept.set({ width: state.width, layers: state.layers, bits: state.bits });
    const one = most({ ...state, layers: 1 });
    const all = most(state);
    const { thresholded, computed } = data.sizes;
    const rows = [
      ["neurons of one layer", state.width, "fill-off"],
      ["built like ours, computed ANDs", reached(computed, state.width), "fill-gold"],
      ["built like ours, thresholded ANDs", reached(thresholded, state.width), "fill-on"],
      ["one layer: never more ANDs than", one.pairs, "fill-cool"],
      ["all layers: never more ANDs than", all.pairs, "fill-cool"],
      ["all layers: never a permutation above", all.permutation, "fill-cool"],
    ];
    chart.replaceChildren(drawn(rows));
    names.forEach((name, i) => name.setAttribute("aria-pressed", models[i].width === state.width && models[i].layers === state.layers));
    told.textContent = `${state.layers} layers of ${state.width.toLocaleString("en")} neurons hold ${short(all.bits)} bits: at most ${short(all.pairs)} ANDs, ${short(all.pairs / (state.layers * state.width))} per neuron.`;
    place.dataset.pairs = all.pairs;
    place.dataset.permutation = all.permutation;
  }
  show();
}

/** Return a whole number, or one of those listed if it is within a hundredth of it. */
function near(x, listed) {
  return listed.find((value) => Math.abs(Math.log2(value / x)) < 0.012) ?? Math.round(x);
}

function drawn(rows) {
  return barRows(rows.map(([words, value, name]) => [words, value, name, short(value)]), { label: "Most ANDs by kind of limit, by logarithms", range: [10, 1e13], logarithmic: true, left: 280 });
}
