// Part 5: a vector holds features in few dimensions; ANDs of them need many more.

import { Kept } from "../address.js";
import { bins, el, picture, random, scale, slider, axes } from "../draw.js";

const [FEATURES, GATES, ON, INPUTS] = [1000, 1000, 3, 160];

/** Return readings of features and of ANDs of pairs, from codes in so many dimensions. */
export function readings(dimensions, seed = 5) {
  const source = random(seed);
  const drawn = (count) => Int8Array.from({ length: count * dimensions }, source.sign);
  const [code, out] = [drawn(FEATURES), drawn(GATES)];
  const pairs = Array.from({ length: GATES }, (_, gate) => [gate, (gate + 1 + source.below(FEATURES - 1)) % FEATURES]);
  // Weights by the plain rule: for every AND, its output's code times the codes of its two features.
  const found = { held: [[], []], anded: [[], [], []] };
  const felt = new Float64Array(FEATURES);
  const sent = new Float64Array(dimensions);
  for (let input = 0; input < INPUTS; input += 1) {
    const asked = pairs[source.below(GATES)];
    const on = new Set(asked);
    while (on.size < ON) on.add(source.below(FEATURES));
    const x = new Float64Array(dimensions);
    for (const feature of on) for (let k = 0; k < dimensions; k += 1) x[k] += code[feature * dimensions + k];
    for (let feature = 0; feature < FEATURES; feature += 1) {
      let sum = 0;
      for (let k = 0, at = feature * dimensions; k < dimensions; k += 1, at += 1) sum += code[at] * x[k];
      felt[feature] = sum / dimensions;
    }
    for (let feature = 0; feature < FEATURES; feature += 7) if (!on.has(feature)) found.held[0].push(felt[feature]);
    for (const feature of on) found.held[1].push(felt[feature]);
    sent.fill(0);
    for (let gate = 0; gate < GATES; gate += 1) {
      const [first, second] = pairs[gate];
      const strength = felt[first] + felt[second];
      for (let k = 0, at = gate * dimensions; k < dimensions; k += 1, at += 1) sent[k] += out[at] * strength;
    }
    for (let gate = 0; gate < GATES; gate += 1) {
      const [first, second] = pairs[gate];
      const satisfied = on.has(first) + on.has(second);
      if (!satisfied && gate % 7) continue;
      let sum = 0;
      for (let k = 0, at = gate * dimensions; k < dimensions; k += 1, at += 1) sum += out[at] * sent[k];
      // Shifted, so that both on reads as 1, and one alone as 0.
      found.anded[satisfied].push(sum / dimensions - 1);
    }
  }
  return found;
}

/** Return the share that the best threshold decides wrongly, both kinds counted equally. */
export function confusion(off, on) {
  const all = [...off.map((value) => [value, 0]), ...on.map((value) => [value, 1])].sort((a, b) => a[0] - b[0]);
  let [missed, strayed, best] = [0, 1, 0.5];
  for (const [, kind] of all) {
    if (kind) missed += 1 / on.length; else strayed -= 1 / off.length;
    best = Math.min(best, (missed + strayed) / 2);
  }
  return Math.max(0, best);
}

export function holding(place) {
  const [held, anded] = [el("div"), el("div")];
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const kept = new Kept("holding", { power: 6.5 });
  const knob = slider({
    label: "Dimensions", min: 4, max: 10, step: 0.25, value: kept.number("power", 4, 10), words: (power) => String(Math.round(2 ** power)),
    input: (power) => show(Math.round(2 ** power)),
  });
  place.append(el("div", { class: "controls" }, knob.element), el("div", { class: "columns" }, held, anded), told);
  function show(dimensions) {
    kept.set({ power: knob.value });
    const found = readings(dimensions);
    held.replaceChildren(el("h3", {}, "Held: is this concept on?"), drawn([["off", "fill-off", found.held[0]], ["on", "fill-cool", found.held[1]]], dimensions));
    anded.replaceChildren(el("h3", {}, "Computed: are these two both on?"), drawn([["none on", "fill-off", found.anded[0]], ["one on", "fill-gold", found.anded[1]], ["both on", "fill-on", found.anded[2]]], dimensions));
    const wrong = [confusion(found.held[0], found.held[1]), confusion([...found.anded[0], ...found.anded[1]], found.anded[2])];
    const words = wrong.map((share) => (share < 0.0005 ? "never" : `${(share * 100).toFixed(1)} % of the time`));
    told.textContent = `In ${dimensions} dimensions the best threshold mistakes a held concept ${words[0]}, an AND ${words[1]}.`;
  }
  show(Math.round(2 ** knob.value));
}

function drawn(kinds, dimensions) {
  const [width, height] = [430, 250];
  const box = [10, 30, width - 10, height - 40];
  // Wide enough for nearly all readings, and never narrower than 0 and 1 ask for.
  const all = kinds.flatMap(([, , values]) => values).sort((a, b) => a - b);
  const reach = Math.max(1.5, 0.5 - all[Math.floor(all.length * 0.01)], all[Math.floor(all.length * 0.99)] - 0.5);
  // Readings of sign codes are multiples of 1 / d: bars are centred on them, and some of them wide.
  const step = (2 / dimensions) * Math.max(1, Math.round((reach * dimensions) / 50));
  const half = Math.ceil(reach / step) + 0.5;
  const middle = step * Math.round(0.5 / step);
  const [low, high, count] = [middle - half * step, middle + half * step, 2 * half];
  const x = scale([low, high], [box[0], box[2]]);
  const wide = (box[2] - box[0]) / count;
  return picture(width, height, `Histograms of readings: ${kinds.map(([words]) => words).join(", ")}`,
    kinds.map(([words, name, values], kind) => {
      const shares = bins(values.filter((value) => value > low && value < high), low, high, count);
      const top = Math.max(...shares);
      return [
        Array.from(shares, (share, i) => (share ? el("rect", { x: box[0] + i * wide, width: wide, y: box[3] - (share / top) * (box[3] - box[1]), height: (share / top) * (box[3] - box[1]), class: name, opacity: 0.68 }) : null)),
        el("rect", { x: box[0] + kind * 105, y: 4, width: 12, height: 12, class: name }),
        el("text", { x: box[0] + 18 + kind * 105, y: 15 }, words),
      ];
    }),
    axes({ x, box, xTicks: reach < 3 ? [-1, 0, 1, 2] : reach < 8 ? [-4, -2, 0, 1, 2, 4] : [-20, -10, 0, 1, 10, 20].filter((tick) => tick > low && tick < high), words: String, xLabel: "reading" }));
}
