// Part 7: twelve ANDs in eight neurons, every number of W = C D to be looked at.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { bytes, button, el, narrow, picture, random, slider } from "../draw.js";
import { Network } from "../runner.js";

const CELL = 24;
const STEPS = [
  ["1 Encode", "Each concept is a code of eight signs. The codes of the concepts that are on are added up: eight numbers x."],
  ["2 Decompress", "Each row of D is a concept's code. Its product with x estimates how much of that concept is there: 1 if it is on, and some interference if not."],
  ["3 Compute, compress", "Each AND owns two neurons. Row by row, C adds up the estimates of all concepts that the ANDs of a neuron read."],
  ["4 One matrix", "Nobody needs the twelve estimates: C and D are multiplied beforehand. W = C D has 8 × 8 numbers, and is all that the network stores."],
  ["5 Bend, read out", "A neuron bends at one concept: one input of an AND is not enough, two are. An AND is on when its two neurons together pass its threshold."],
];

export function construction(place) {
  const told = data.miniature;
  const network = new Network(bytes(told.network));
  const [concepts, neurons] = [network.features, told.neurons];
  const kept = new Kept("construction", { on: told.pairs[0], step: 4, noise: 0, threshold: 0, row: 2, column: 3 });
  const on = new Set(kept.list("on", concepts.map((_, i) => i)).map(Number));
  let [step, noise, shift] = [kept.index("step", STEPS.length), kept.number("noise", 0, 1), kept.number("threshold", -1, 1)];
  let chosen = [kept.index("row", neurons), kept.index("column", neurons)];
  const weights = network.layers[0].weights;
  const tabs = STEPS.map(([words], i) => button(words, () => { step = i; show(); }));
  const said = el("p", {});
  const toggles = concepts.map((name, i) => button(name, () => { on.has(i) ? on.delete(i) : on.add(i); show(); }));
  const sheet = el("div", { class: "scroll" });
  const why = el("p", { "aria-live": "polite" });
  const verdict = el("p", { class: "verdict", "aria-live": "polite" });
  place.append(
    el("div", { class: "presets", role: "group", "aria-label": "Steps" }, tabs), said,
    el("div", { class: "presets", role: "group", "aria-label": "Concepts" }, toggles), sheet, why,
    el("div", { class: "controls" },
      slider({ label: "Noise on x", min: 0, max: 1, step: 0.05, value: noise, words: (value) => value.toFixed(2), input: (value) => { noise = value; show(); } }).element,
      slider({ label: "Threshold moved by", min: -1, max: 1, step: 0.05, value: shift, words: (value) => `${Math.round(value * 100)} %`, input: (value) => { shift = value; show(); } }).element),
    verdict);

  function show() {
    tabs.forEach((tab, i) => tab.setAttribute("aria-pressed", i === step));
    toggles.forEach((toggle, i) => toggle.setAttribute("aria-pressed", on.has(i)));
    kept.set({ on: [...on].sort((a, b) => a - b), step, noise, threshold: shift, row: chosen[0], column: chosen[1] });
    said.textContent = STEPS[step][1];
    const source = random(11);
    const x = Array.from(network.encode(on), (value) => value + noise * source.normal());
    const estimates = concepts.map((_, i) => told.signs[i].reduce((sum, sign, k) => sum + sign * x[k], 0) / neurons);
    const sums = Array.from({ length: neurons }, (_, j) => x.reduce((sum, value, k) => sum + value * weights[j * neurons + k], 0) - told.bend);
    const values = sums.map((sum) => Math.max(sum, 0));
    const readings = network.outputs.map((_, g) => told.neurons_of[g].reduce((sum, own, j) => sum + own * values[j], 0));
    const thresholds = told.thresholds.map((threshold) => threshold * (1 + shift));
    sheet.replaceChildren(drawn({ x, estimates, sums, values, readings, thresholds }));
    explain();
    const said_ = network.outputs.filter((_, g) => readings[g] >= thresholds[g]);
    const truth = network.outputs.filter((_, g) => told.pairs[g].every((concept) => on.has(concept)));
    const right = said_.length === truth.length && said_.every((name) => truth.includes(name));
    const beyond = on.size > 2 ? " (more than two concepts are on: nothing is promised)" : "";
    verdict.textContent = `The network says ${said_.join(", ") || "nothing"}. ${right ? "That is right" : `True is ${truth.join(", ") || "nothing"}: it errs`}${beyond}.`;
  }

  function explain() {
    const [j, k] = chosen;
    const terms = concepts.map((name, i) => [name, told.compression[j][i] * told.signs[i][k]]).filter(([, value]) => value);
    const total = weights[j * neurons + k];
    why.textContent = `W in row ${j + 1}, column ${k + 1} is ${total}: neuron ${j + 1} reads ${terms.map(([name, value]) => `${name} (${value > 0 ? "+1" : "−1"})`).join(", ")}; signs of their codes in dimension ${k + 1}, added.`;
  }

  function drawn({ x, estimates, sums, values, readings, thresholds }) {
    const [width, height] = [880, 614];
    const grid = (rows, columns, left, top, value, most, active, wide = CELL) => Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      const number = value(row, column);
      return el("rect", { x: left + column * wide, y: top + row * CELL, width: wide - 1.5, height: CELL - 1.5, rx: 2, class: number > 0 ? "fill-on" : number < 0 ? "fill-cool" : "fill-hair", opacity: (active(row, column) ? 1 : 0.28) * (number ? 0.25 + 0.75 * Math.min(1, Math.abs(number) / most) : 1) });
    });
    const text = (at, y, words, attributes = {}) => el("text", { x: at, y, ...attributes }, words);
    const [j, k] = chosen;
    const bright = (...steps) => steps.includes(step);
    // Top left D (12 x 8), top right estimates; middle C; bottom W with sums; right: outputs.
    const left = 96;
    const parts = [];
    const dTop = 40;
    parts.push(text(left, 24, "D: code of every concept", { class: bright(0, 1) ? "strong" : "" }));
    parts.push(grid(12, 8, left, dTop, (i, d) => told.signs[i][d], 1, (i, d) => (step === 0 ? on.has(i) : step === 1 || step >= 3 && d === k && told.compression[j][i])));
    concepts.forEach((name, i) => parts.push(text(left - 8, dTop + i * CELL + 16, name, { "text-anchor": "end", class: on.has(i) ? "text-on" : "" })));
    const xTop = dTop + 12 * CELL + 34;
    parts.push(text(left - 8, xTop + 17, "x", { "text-anchor": "end", class: "strong" }));
    parts.push(grid(1, 8, left, xTop, (_, d) => x[d], 2, () => bright(0, 1, 3, 4)));
    x.forEach((value, d) => parts.push(text(left + d * CELL + 11, xTop + 16, noise ? value.toFixed(1) : String(value), { "text-anchor": "middle", class: "small strong" })));
    const wTop = xTop + 50;
    // Estimates beside D.
    const eLeft = left + 8 * CELL + 20;
    parts.push(text(eLeft, 24, "D x", { class: bright(1, 2) ? "strong" : "" }));
    parts.push(el("line", { x1: eLeft + 34, x2: eLeft + 34, y1: dTop, y2: dTop + 12 * CELL, class: "stroke-faint" }));
    estimates.forEach((value, i) => parts.push(el("rect", { x: eLeft + 34 + Math.min(0, value) * 34, width: Math.max(1, Math.abs(value) * 34), y: dTop + i * CELL + 4, height: CELL - 10, class: on.has(i) ? "fill-on" : "fill-off", opacity: bright(1, 2) ? 1 : 0.4 })));
    // C (8 x 12) to the right of the estimates, turned so that its columns are the concepts' rows.
    const cLeft = eLeft + 110;
    parts.push(text(cLeft, 24, "C: neurons (columns) that read a concept", { class: bright(2) ? "strong" : "" }));
    parts.push(grid(12, 8, cLeft, dTop, (i, n) => told.compression[n][i], 1, (i, n) => (step === 2 ? true : step >= 3 && n === j)));
    for (let n = 0; n < neurons; n += 1) parts.push(text(cLeft + n * CELL + 11, dTop + 12 * CELL + 14, String(n + 1), { "text-anchor": "middle", class: "small" }));
    // W below D.
    parts.push(text(left, wTop - 8, narrow() ? "W = C D" : "W = C D: what the network stores", { class: bright(3) ? "strong" : "" }));
    const most = Math.max(...Array.from(weights, Math.abs));
    const cells = el("g", {
      class: "cells", tabindex: 0, role: "application", "aria-label": "Matrix W; arrow keys move between its entries",
      keydown: (event) => {
        const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        if (!move) return;
        event.preventDefault();
        chosen = [Math.min(7, Math.max(0, chosen[0] + move[0])), Math.min(7, Math.max(0, chosen[1] + move[1]))];
        show();
        place.querySelector(".cells").focus();
      },
    });
    grid(8, 8, left, wTop, (row, column) => weights[row * neurons + column], most, () => bright(3, 4)).forEach((cell, at) => {
      cell.addEventListener("click", () => { chosen = [Math.floor(at / 8), at % 8]; show(); });
      cell.addEventListener("mouseenter", () => { chosen = [Math.floor(at / 8), at % 8]; explain(); mark.setAttribute("x", left + chosen[1] * CELL); mark.setAttribute("y", wTop + chosen[0] * CELL); });
      cells.append(cell);
    });
    const mark = el("rect", { x: left + k * CELL, y: wTop + j * CELL, width: CELL - 1.5, height: CELL - 1.5, class: "fill-none stroke-ink", "stroke-width": 2 });
    cells.append(mark);
    parts.push(cells);
    // Sums and bends beside W.
    const sLeft = left + 8 * CELL + 90;
    const unit = 3.4;
    parts.push(text(sLeft, wTop - 8, "sum − bend", { "text-anchor": "middle", class: bright(4) ? "strong" : "" }));
    parts.push(el("line", { x1: sLeft, x2: sLeft, y1: wTop, y2: wTop + 8 * CELL, class: "stroke-ink", "stroke-dasharray": "3 3" }));
    sums.forEach((sum, n) => {
      const long = Math.min(62, Math.abs(sum) * unit);
      parts.push(el("rect", { x: sum < 0 ? sLeft - long : sLeft, width: Math.max(1, long), y: wTop + n * CELL + 4, height: CELL - 10, class: sum > 0 ? "fill-on" : "fill-off", opacity: bright(4, 2, 3) ? 1 : 0.4 }));
      parts.push(text(sLeft + 70, wTop + n * CELL + 16, `neuron ${n + 1}: ${Number(values[n].toFixed(1))}`, { class: values[n] > 0 ? "text-on small" : "small" }));
    });
    // Outputs at the right.
    const oLeft = 700;
    const top = Math.max(...thresholds, ...readings, 1) * 1.05;
    const long = (value) => Math.max(0, (value / top) * 150);
    parts.push(text(oLeft, 24, "ANDs: reading, threshold", { class: bright(4) ? "strong" : "" }));
    readings.forEach((reading, g) => {
      const y = 40 + g * 42;
      const is = reading >= thresholds[g];
      const should = told.pairs[g].every((concept) => on.has(concept));
      const own = told.neurons_of[g].map((one, n) => (one ? n + 1 : 0)).filter(Boolean).join(", ");
      parts.push(text(oLeft, y + 10, `${network.outputs[g]}`, { class: is ? "text-on" : "strong" }));
      parts.push(text(oLeft + 168, y + 10, is === should ? `neurons ${own}` : should ? "missed" : "mistaken", { "text-anchor": "end", class: is === should ? "small" : "text-on" }));
      parts.push(el("rect", { x: oLeft, y: y + 15, width: 152, height: 11, class: "fill-hair", rx: 2 }));
      parts.push(el("rect", { x: oLeft, y: y + 15, width: long(reading), height: 11, class: is ? "fill-on" : "fill-off", rx: 2, opacity: bright(4) ? 1 : 0.5 }));
      parts.push(el("line", { x1: oLeft + long(thresholds[g]), x2: oLeft + long(thresholds[g]), y1: y + 12, y2: y + 29, class: "stroke-ink", "stroke-width": 2 }));
    });
    const svg = picture(width, height, "", parts);
    svg.removeAttribute("aria-hidden");
    svg.style.minWidth = "620px";
    return svg;
  }
  show();
}
