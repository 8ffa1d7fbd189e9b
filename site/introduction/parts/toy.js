// Part 4: five features in two dimensions, trained here.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { axes, curve, el, narrow, picture, random, scale, slider, wide } from "../draw.js";

export const FEATURES = 5;
const [DIMENSIONS, SAMPLES, RATE] = [2, 192, 0.012];
const NAMES = ["a", "b", "c", "d", "e"];
// As in the paper, each feature matters a little less than the one before it.
const IMPORTANCE = NAMES.map((_, i) => 0.9 ** i);

/** The toy model x' = relu(W^T W x + b), trained with Adam on inputs that are on by chance. */
export class Toy {
  constructor(chance, seed = 1) {
    this.source = random(seed);
    this.chance = chance;
    const size = DIMENSIONS * FEATURES + FEATURES;
    this.parameters = Float64Array.from({ length: size }, (_, i) => (i < DIMENSIONS * FEATURES ? this.source.normal() * 0.4 : 0));
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
    this.steps = 0;
  }

  /** Descend one step on freshly drawn inputs; return the mean squared error. */
  step(rate = RATE) {
    const { parameters: p, source } = this;
    const gradient = new Float64Array(p.length);
    const [x, h, g] = [new Float64Array(FEATURES), new Float64Array(DIMENSIONS), new Float64Array(DIMENSIONS)];
    let loss = 0;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      // Inputs without any feature teach only the bias; drawing one at least makes small chances learn as fast.
      for (let i = 0; i < FEATURES; i += 1) x[i] = source.uniform() < this.chance ? source.uniform() : 0;
      if (x.every((value) => value === 0)) x[source.below(FEATURES)] = source.uniform();
      h.fill(0); g.fill(0);
      for (let d = 0; d < DIMENSIONS; d += 1) for (let i = 0; i < FEATURES; i += 1) h[d] += p[d * FEATURES + i] * x[i];
      for (let i = 0; i < FEATURES; i += 1) {
        let out = p[DIMENSIONS * FEATURES + i];
        for (let d = 0; d < DIMENSIONS; d += 1) out += p[d * FEATURES + i] * h[d];
        const error = Math.max(out, 0) - x[i];
        loss += IMPORTANCE[i] * error * error;
        if (out <= 0) continue;
        const felt = IMPORTANCE[i] * error;
        gradient[DIMENSIONS * FEATURES + i] += felt;
        for (let d = 0; d < DIMENSIONS; d += 1) {
          gradient[d * FEATURES + i] += felt * h[d];
          g[d] += felt * p[d * FEATURES + i];
        }
      }
      for (let d = 0; d < DIMENSIONS; d += 1) for (let i = 0; i < FEATURES; i += 1) gradient[d * FEATURES + i] += g[d] * x[i];
    }
    this.steps += 1;
    const [down, along] = [1 - 0.9 ** this.steps, 1 - 0.999 ** this.steps];
    for (let k = 0; k < p.length; k += 1) {
      const slope = (2 * gradient[k]) / SAMPLES;
      this.first[k] = 0.9 * this.first[k] + 0.1 * slope;
      this.second[k] = 0.999 * this.second[k] + 0.001 * slope * slope;
      p[k] -= (rate * (this.first[k] / down)) / (Math.sqrt(this.second[k] / along) + 1e-8);
    }
    return loss / SAMPLES / FEATURES;
  }

  /** Return the direction of every feature. */
  directions() {
    return NAMES.map((_, i) => [this.parameters[i], this.parameters[FEATURES + i]]);
  }

  /** Return the share of a dimension that every feature has: |w|^4 / sum of (w . w')^2. */
  shares() {
    const all = this.directions();
    return all.map(([a, b]) => {
      const own = a * a + b * b;
      const felt = all.reduce((sum, [c, d]) => sum + (a * c + b * d) ** 2, 0);
      return felt > 1e-6 ? (own * own) / felt : 0;
    });
  }
}

const COLOURS = ["stroke-on", "stroke-cool", "stroke-gold", "stroke-ink", "stroke-off"];
const FILLS = ["fill-on", "fill-cool", "fill-gold", "fill-ink", "fill-off"];

/** Return directions as arrows in a circle. */
function arrows(directions, size, named) {
  const [middle, unit] = [size / 2, size * 0.3];
  return [
    el("circle", { cx: middle, cy: middle, r: unit, class: "fill-none stroke-faint" }),
    directions.map(([a, b], i) => {
      const [x, y] = [middle + a * unit, middle - b * unit];
      return [
        el("line", { x1: middle, y1: middle, x2: x, y2: y, class: COLOURS[i], "stroke-width": size / 90 + 1.6, "stroke-linecap": "round" }),
        el("circle", { cx: x, cy: y, r: size / 60 + 2.6, class: FILLS[i] }),
        named && Math.hypot(a, b) > 0.15 ? el("text", { x: middle + a * unit * 1.17, y: middle - b * unit * 1.17 + 5, "text-anchor": "middle", class: "strong big" }, NAMES[i]) : null,
      ];
    }),
  ];
}

const STAGES = [["always on", 1, 1], ["one time in five", 0.2, 1], ["one time in twenty", 0.05, 1]];

export function toy(place) {
  const kept = new Kept("toy", { power: Math.log10(STAGES[2][1]) });
  const power = kept.number("power", -2, 0);
  let model = new Toy(10 ** power, STAGES[2][2]);
  for (let i = 0; i < 1200; i += 1) model.step();
  const plane = el("svg", { viewBox: "0 0 300 300", class: "picture", role: "img", "aria-label": "Five features as arrows in two dimensions" });
  const bars = el("svg", { viewBox: "0 0 300 150", class: "picture", role: "img", "aria-label": "Share of a dimension that each feature has" });
  const told = el("p", { "aria-live": "off" });
  const knob = slider({
    label: "Chance that a feature is on", min: -2, max: 0, step: 0.02, value: power,
    words: (to) => `${Number((10 ** to * 100).toPrecision(2))} %`,
    input: (to) => { kept.set({ power: to }); model.chance = 10 ** to; model.steps = Math.min(model.steps, 50); left = 900; start(); },
  });
  const presets = STAGES.map(([words, chance, seed], stage) => {
    const small = new Toy(chance, seed);
    for (let i = 0; i < 900; i += 1) small.step(0.02);
    return el("button", { type: "button", class: "preset", click: () => { model = new Toy(chance, seed); knob.set(Math.log10(chance)); presets.forEach((preset, i) => preset.setAttribute("aria-pressed", i === stage)); }, "aria-pressed": String(Math.log10(chance) === power) },
      picture(100, 100, null, arrows(small.directions(), 100, false)), words);
  });
  const again = el("button", { type: "button", click: () => { model = new Toy(model.chance, Math.floor(Math.random() * 1e9)); left = 1200; start(); } }, "Forget and train again");
  place.append(
    el("div", { class: "controls" }, el("div", { class: "presets" }, presets), knob.element, again),
    el("div", { class: "columns" }, plane, el("div", {}, el("h3", {}, "Share of a dimension per feature"), bars, told)),
    plateaus(),
  );
  let [left, running, visible] = [0, false, true];
  new IntersectionObserver(([entry]) => { visible = entry.isIntersecting; if (visible) start(); }).observe(plane);
  function start() { if (!running && left > 0) { running = true; requestAnimationFrame(frame); } }
  function frame() {
    let loss = 0;
    for (let i = 0; i < 6; i += 1) loss = model.step();
    left -= 6;
    show(loss);
    running = left > 0 && visible;
    if (running) requestAnimationFrame(frame);
  }
  function show() {
    plane.replaceChildren(...[arrows(model.directions(), 300, true)].flat(4).filter(Boolean));
    const shares = model.shares();
    const total = shares.reduce((sum, share) => sum + share, 0);
    bars.replaceChildren(
      ...[0.4, 0.5, 1].flatMap((level) => [
        el("line", { x1: 34, x2: 296, y1: 120 - level * 100, y2: 120 - level * 100, class: "stroke-faint", "stroke-dasharray": "2 3" }),
        el("text", { x: 28, y: 124 - level * 100 + (level === 0.4 ? 5 : -2), "text-anchor": "end", class: "small" }, { 0.4: "2/5", 0.5: "1/2", 1: "1" }[level]),
      ]),
      ...shares.flatMap((share, i) => [
        el("rect", { x: 46 + i * 51, width: 34, y: 120 - share * 100, height: Math.max(1, share * 100), class: FILLS[i], rx: 2 }),
        el("text", { x: 63 + i * 51, y: 138, "text-anchor": "middle", class: "strong" }, NAMES[i]),
      ]));
    const held = shares.filter((share) => share > 0.1).length;
    told.textContent = `${held} of ${FEATURES} features are held in two dimensions; their shares add up to ${total.toFixed(2)}.`;
  }
  show();
}

/** Return what larger toy models hold by how rare features are, measured beforehand. */
function plateaus() {
  const { rows, features, dimensions } = data.plateaus;
  const [width, height] = [wide(), 330];
  const box = [64, 40, width - 120, height - 50];
  const x = scale([0.88, 114], [box[0], box[2]], true);
  const y = scale([0, 1.05], [box[3], box[1]]);
  const all = dimensions / features;
  const levels = [[1, "alone"], [1 / 2, "opposite pair"], [2 / 5, "pentagon"], [all, "all equally"]];
  return el("div", {},
    el("h3", {}, `The same with ${features} features in ${dimensions} dimensions: the share of a dimension that each has`),
    picture(width, height, "Shares of a dimension against rarity",
      levels.map(([level, words]) => [
        el("line", { x1: box[0], x2: box[2], y1: y(level), y2: y(level), class: "stroke-cool", "stroke-dasharray": "5 4", opacity: 0.6 }),
        el("text", { x: box[2] + 8, y: y(level) + 4, class: "text-cool" }, words)]),
      axes({ x, y, box, xTicks: [1, 2, 5, 10, 20, 50, 100], words: String, xLabel: "features are on one time in …" }),
      [[1, "1"], [0.5, "1/2"], [0.4, "2/5"], [all, `1/${features / dimensions}`]].map(([level, words]) => el("text", { x: box[0] - 8, y: y(level) + (level === 0.4 ? 9 : 4), "text-anchor": "end" }, words)),
      rows.map((row, i) => [
        row.shares.map(([share, count]) => el("circle", { cx: x(row.scarcity), cy: y(share), r: 1.5 + Math.sqrt(count) * 1.1, class: "fill-on", opacity: 0.5 })),
        narrow() && i % 3 ? null : el("text", { x: x(row.scarcity), y: 26, "text-anchor": "middle", class: "small" }, String(row.held))]),
      el("text", { x: box[2] + 8, y: 26, class: "small" }, "features held")));
}
