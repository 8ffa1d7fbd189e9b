// Part 10: directions that a sparse autoencoder found, beside the truth.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { axes, curve, el, narrow, picture, scale, slider, wide } from "../draw.js";

export function apart(place) {
  const found = data.dictionary;
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const kept = new Kept("apart", { cosine: found.limit });
  const knob = slider({ label: "A direction counts as found from this cosine on", min: 0.2, max: 1, step: 0.01, value: kept.number("cosine", 0.2, 1), words: (value) => value.toFixed(2), input: show });
  place.append(el("div", { class: "controls" }, knob.element), chart, told);
  function show() {
    const limit = knob.value;
    kept.set({ cosine: limit });
    const count = (list) => list.filter((cosine) => cosine >= limit).length;
    chart.replaceChildren(drawn(found, limit));
    told.textContent = `At a cosine of ${limit.toFixed(2)} the autoencoder has found ${count(found.cosines).toLocaleString("en")} of ${found.gates.toLocaleString("en")} ANDs; as many random directions find ${count(found.chance).toLocaleString("en")}.`;
  }
  show();
}

function drawn(found, limit) {
  const [width, height] = [wide(), 380];
  const box = [56, 34, width - (narrow() ? 150 : 170), height - 50];
  const x = scale([0, found.gates], [box[0], box[2]]);
  const y = scale([0, 1], [box[3], box[1]]);
  const line = (values) => values.map((value, i) => [x(i + 0.5), y(value)]);
  const area = [...line(found.cosines), [box[2], box[3]], [box[0], box[3]]].map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ");
  const end = (values) => y(values.at(-1));
  return picture(width, height, "Cosines of the best direction for every AND, sorted",
    el("polygon", { points: area, class: "fill-on-soft", opacity: 0.5 }),
    axes({ x, y, box, xTicks: (narrow() ? [0, 500, 1000] : [0, 250, 500, 750, 1000]).filter((tick) => tick <= found.gates), yTicks: [0, 0.25, 0.5, 0.75, 1], words: (tick) => (tick > 1 ? tick.toLocaleString("en") : String(tick)), xLabel: "ANDs, best found first", yLabel: "cosine with the true direction" }),
    el("line", { x1: box[0], x2: box[2], y1: y(1), y2: y(1), class: "stroke-cool", "stroke-width": 3 }),
    el("text", { x: box[2] + 8, y: y(1) + 4, class: "text-cool" }, "the answer key"),
    curve(line(found.cosines), { class: "stroke-on", "stroke-width": 2.4 }),
    el("text", { x: box[2] + 8, y: end(found.cosines) + 4, class: "text-on" }, narrow() ? "autoencoder" : "sparse autoencoder"),
    curve(line(found.chance), { class: "stroke-off", "stroke-width": 1.8 }),
    el("text", { x: box[2] + 8, y: Math.max(end(found.chance), end(found.cosines) + 18) + 4 }, "random directions"),
    el("line", { x1: box[0], x2: box[2], y1: y(limit), y2: y(limit), class: "stroke-ink", "stroke-dasharray": "4 4" }));
}
