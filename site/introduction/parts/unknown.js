// Part 12: the room between what is proved and what is built, and the point that nobody has placed.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { decades, el, picture, scale, short, slider, wide } from "../draw.js";
import { LAWS } from "./tight.js";

export function unknown(place) {
  const { thresholded, computed } = data.sizes;
  const sizes = computed.filter((row) => thresholded.some((other) => other.gates === row.gates));
  const begin = Math.max(0, sizes.findIndex((row) => row.gates === 10000));
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const kept = new Kept("unknown", { size: begin, guess: 0.5 });
  const size = slider({ label: "ANDs", min: 0, max: sizes.length - 1, value: kept.index("size", sizes.length), words: (i) => short(sizes[i].gates), input: show });
  const guess = slider({ label: "Your guess for a trained network", min: 0, max: 1, step: 0.01, value: kept.number("guess", 0, 1), words: () => "", input: show });
  place.append(el("div", { class: "controls" }, size.element, guess.element), chart, told);
  function show() {
    kept.set({ size: size.value, guess: guess.value });
    const row = sizes[size.value];
    const other = thresholded.find((one) => one.gates === row.gates);
    const marks = [
      ["impossible below", LAWS.below(row.gates), "fill-ink", 0],
      ["thresholded, built", other.neurons, "fill-on", 1],
      ["computed, built", row.neurons, "fill-gold", 0],
      ["one per AND", row.gates, "fill-off", 1],
    ];
    const at = LAWS.below(row.gates) * (row.gates / LAWS.below(row.gates)) ** guess.value;
    chart.replaceChildren(drawn(marks, at));
    told.textContent = `At your guess ${short(row.gates)} ANDs live in ${short(at)} neurons: ${(row.gates / at).toFixed(1)} per neuron. Between the proof and the best that was built there is a factor of ${(other.neurons / LAWS.below(row.gates)).toFixed(1)}.`;
  }
  show();
}

function drawn(marks, guess) {
  const [width, height, line] = [wide(), 250, 150];
  const range = [marks[0][1] / 1.5, marks[3][1] * 1.5];
  const x = scale(range, [30, width - 30], true);
  return picture(width, height, "Neurons, from what is impossible to one per AND",
    el("rect", { x: 30, width: x(marks[0][1]) - 30, y: line - 16, height: 32, class: "fill-hair" }),
    el("rect", { x: x(marks[0][1]), width: x(marks[1][1]) - x(marks[0][1]), y: line - 16, height: 32, class: "fill-cool-soft" }),
    el("text", { x: (x(marks[0][1]) + x(marks[1][1])) / 2, y: line + 5, "text-anchor": "middle", class: "text-cool" }, "unknown"),
    el("line", { x1: 30, x2: width - 30, y1: line + 16, y2: line + 16, class: "stroke-faint" }),
    marks.map(([words, value, name, up]) => [
      el("circle", { cx: x(value), cy: line + 16, r: 7, class: name }),
      el("line", { x1: x(value), x2: x(value), y1: up ? line - 34 : line + 16, y2: up ? line + 16 : line + 42, class: "stroke-faint" }),
      el("text", { x: x(value), y: up ? line - 42 : line + 58, "text-anchor": "middle", class: "strong" }, words),
      el("text", { x: x(value), y: up ? line - 58 : line + 74, "text-anchor": "middle" }, `${short(Math.ceil(value))} neurons`)]),
    el("path", { d: `M${x(guess)},${line - 4} l-9,-18 h18 z`, class: "fill-on" }),
    el("text", { x: x(guess), y: 18, "text-anchor": "middle", class: "text-on" }, "a trained network?"),
    el("line", { x1: x(guess), x2: x(guess), y1: 26, y2: line - 22, class: "stroke-on", "stroke-dasharray": "2 3" }),
    decades(range).map((tick) => el("text", { x: x(tick), y: height - 4, "text-anchor": "middle", class: "small" }, short(tick))));
}
