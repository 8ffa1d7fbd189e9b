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

const MANNERS = [["exact", "one layer: one neuron per AND", "fill-off"], ["computed", "one layer, built: computed ANDs", "fill-gold"], ["thresholded", "one layer, built: thresholded ANDs", "fill-on"]];

export function model(place) {
  const { begin, models, widths, reached } = data.model;
  const actives = Object.keys(reached);
  const kept = new Kept("model", begin);
  const at = (width) => widths.reduce((best, one, i) => (Math.abs(Math.log(one / width)) < Math.abs(Math.log(widths[best] / width)) ? i : best), 0);
  let active = String(kept.choice("active", actives));
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const knobs = {
    width: slider({ label: "Neurons per layer", min: 0, max: widths.length - 1, value: at(kept.number("width", widths[0], widths.at(-1))), words: (i) => widths[i].toLocaleString("en"), input: show }),
    layers: slider({ label: "Layers", min: 1, max: 128, value: Math.round(kept.number("layers", 1, 128)), input: show }),
    bits: slider({ label: "Bits per weight", min: 1, max: 16, step: 0.5, value: kept.number("bits", 1, 16), input: show }),
  };
  const names = models.map((one) => button(one.name, () => { knobs.layers.set(one.layers); knobs.width.set(at(one.width)); }));
  const promises = actives.map((one) => button(one, () => { active = one; show(); }));
  place.append(
    el("div", { class: "controls" }, el("span", {}, "As wide and deep as:"), names),
    el("div", { class: "controls" }, knobs.width.element, knobs.layers.element, knobs.bits.element),
    el("div", { class: "controls" }, el("span", {}, "Concepts on at once, at most:"), promises), chart, told);
  function show() {
    const [width, layers, bits] = [widths[knobs.width.value], knobs.layers.value, knobs.bits.value];
    kept.set({ width, layers, bits, active });
    const one = most({ width, layers: 1, bits });
    const all = most({ width, layers, bits });
    const built = reached[active][knobs.width.value];
    chart.replaceChildren(drawn([
      ...MANNERS.map(([manner, words, name]) => [words, built[manner] ?? null, name, built[manner] ? shown(built[manner]) : "none saves neurons here"]),
      ...[["one layer: never more ANDs than", one.pairs], ["all layers: never more ANDs than", all.pairs], ["all layers: never a permutation above", all.permutation]]
        .map(([words, value]) => [words, value, "fill-cool", short(value)]),
    ]));
    names.forEach((name, i) => name.setAttribute("aria-pressed", models[i].width === width && models[i].layers === layers));
    promises.forEach((promise, i) => promise.setAttribute("aria-pressed", actives[i] === active));
    told.textContent = `${layers} layers of ${width.toLocaleString("en")} neurons hold ${short(all.bits)} bits: at most ${short(all.pairs)} ANDs, ${short(all.pairs / (layers * width))} per neuron.`;
    place.dataset.pairs = all.pairs;
    place.dataset.permutation = all.permutation;
  }
  show();
}

/** Return a number of ANDs; larger problems than some were not tried. */
function shown(features) {
  return features < data.model.most_tried ? features.toLocaleString("en") : `${short(features)} or more`;
}

function drawn(rows) {
  return barRows(rows, { label: "Most ANDs by kind of limit, by logarithms", range: [10, 1e13], logarithmic: true, left: 280, right: 170 });
}
