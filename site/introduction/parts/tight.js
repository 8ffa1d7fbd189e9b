// Part 8: below, above, and the networks that were built between.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { axes, curve, decades, el, narrow, picture, scale, short, slider, wide } from "../draw.js";
import { bitsOfPairs } from "../bounds.js";

const RANGE = [100, 1e7];

/** Return the neurons of every law at so many ANDs. */
export const LAWS = {
  exact: (gates) => gates,
  earlier: (gates) => gates ** (2 / 3) * Math.log2(gates),
  above: (gates) => Math.sqrt(gates) * Math.log2(gates),
  below: (gates) => Math.sqrt(bitsOfPairs(gates)),
};
const DRAWN = [
  ["exact", "one neuron per AND", "stroke-off", ""],
  ["earlier", "m′^(2/3) log₂ m′", "stroke-off", ""],
  ["above", "√m′ log₂ m′", "stroke-cool", "text-cool"],
  ["below", "bound at 1 bit", "stroke-ink", "strong"],
];

export function tight(place) {
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const kept = new Kept("tight", { m: 4 });
  const knob = slider({ label: "ANDs, m′", min: 2, max: 7, step: 0.02, value: kept.number("m", 2, 7), words: (power) => short(10 ** power), input: show });
  const legend = [["fill-on", "thresholded"], ["fill-gold", "computed"], ["fill-cool", "Adler–Shavit, plain"]].map(([name, words]) => el("span", {}, el("svg", { viewBox: "0 0 12 12", class: "dot", "aria-hidden": "true" }, el("circle", { cx: 6, cy: 6, r: 5, class: name })), ` ${words}`));
  place.append(el("div", { class: "controls" }, knob.element), el("p", { class: "legend" }, "Built: ", legend), chart, told);
  function show() {
    kept.set({ m: knob.value });
    const gates = Math.round(10 ** knob.value);
    chart.replaceChildren(drawn(gates));
    const at = (name) => short(Math.ceil(LAWS[name](gates)));
    told.textContent = `${short(gates)} ANDs: no network below ${at("below")} neurons at one bit per weight; the laws' forms give ${at("above")} and ${at("earlier")} with no constants; exactly, ${at("exact")}.`;
  }
  show();
}

function drawn(gates) {
  const [width, height] = [wide(), 470];
  const box = [70, 34, width - (narrow() ? 150 : 170), height - 50];
  const x = scale(RANGE, [box[0], box[2]], true);
  const y = scale([20, 2e5], [box[3], box[1]], true);
  const steps = Array.from({ length: 80 }, (_, i) => RANGE[0] * (RANGE[1] / RANGE[0]) ** (i / 79));
  const below = steps.map((at) => [x(at), y(LAWS.below(at))]);
  const area = [...below, [box[2], box[3]], [box[0], box[3]]].map(([a, b]) => `${a},${b}`).join(" ");
  const { thresholded, computed, adler_shavit: published } = data.sizes;
  const dots = (rows, name, r) => rows.map((row) => el("circle", { cx: x(row.gates), cy: y(row.neurons), r, class: name }, el("title", {}, `${short(row.gates)} ANDs in ${short(row.neurons)} neurons`)));
  return picture(width, height, "Neurons against ANDs: bounds, laws, and networks that were built",
    el("polygon", { points: area, class: "fill-hair" }),
    el("text", { x: box[2] - 12, y: box[3] - 14, "text-anchor": "end" }, narrow() ? "impossible: too few bits" : "impossible: too few bits to say which ANDs"),
    axes({ x, y, box, xTicks: decades(RANGE, narrow() ? 2 : 1), yTicks: decades([20, 2e5]), xLabel: "ANDs m′, each feature in two", yLabel: "neurons n" }),
    DRAWN.map(([name, words, stroke, text]) => {
      const points = steps.map((at) => [x(at), y(LAWS[name](at))]).filter(([, b]) => b >= box[1] - 1);
      const [endX, endY] = points.at(-1);
      return [curve(points, { class: stroke, "stroke-width": name === "below" ? 2.4 : 1.6, "stroke-dasharray": name === "below" ? null : "6 4" }),
        endX < box[2] - 2
          ? el("text", { x: endX + (name === "exact" ? -26 : 10), y: endY + (name === "exact" ? 14 : 22), "text-anchor": name === "exact" ? "end" : "start", class: text }, words)
          : el("text", { x: endX + 8, y: endY + 4, class: text }, words)];
    }),
    dots(published, "fill-cool", 5), dots(computed, "fill-gold", 5.5), dots(thresholded, "fill-on", 5.5),
    el("line", { x1: x(gates), x2: x(gates), y1: box[1], y2: box[3], class: "stroke-ink", "stroke-dasharray": "2 3" }));
}
