// Part 3: how many nearly orthogonal directions fit, drawn live.

import { Kept } from "../address.js";
import { axes, barRows, bins, button, canvas, colour, curve, el, picture, random, scale, short, slider } from "../draw.js";

const [PAIRS, SHOWN, MOST, PRODUCTS] = [20000, 48, 1500, 3e7];

/** Return codes of a dimension: signs drawn by chance, or unions of orthogonal bases. */
export function codes(dimension, count, tight, source) {
  const found = [];
  while (found.length < count) {
    if (tight) found.push(...basis(dimension, source));
    else found.push(Float64Array.from({ length: dimension }, () => source.sign() / Math.sqrt(dimension)));
  }
  return found.slice(0, count);
}

function basis(dimension, source) {
  const rows = [];
  while (rows.length < dimension) {
    const row = Float64Array.from({ length: dimension }, source.normal);
    for (const other of rows) {
      const overlap = dot(row, other);
      for (let k = 0; k < dimension; k += 1) row[k] -= overlap * other[k];
    }
    const length = Math.sqrt(dot(row, row));
    if (length < 1e-6) continue;
    for (let k = 0; k < dimension; k += 1) row[k] /= length;
    rows.push(row);
  }
  return rows;
}

export function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) sum += a[k] * b[k];
  return sum;
}

/** Return how many vectors drawn one by one stay within a tolerance of all that were kept, for so much arithmetic. */
export function packed(dimension, tolerance, source, products) {
  const kept = [];
  for (let left = products; left > 0 && kept.length < MOST; left -= dimension) {
    const [one] = codes(dimension, 1, false, source);
    if (kept.every((other) => { left -= dimension; return Math.abs(dot(one, other)) <= tolerance + 1e-12; })) kept.push(one);
  }
  return kept.length;
}

/** Return the counts that theory gives for a dimension and a tolerance. */
export function counts(dimension, tolerance) {
  const squared = tolerance * tolerance;
  // Two of m sign vectors overlap by more with probability below 2 exp(-n e^2 / 2): all m (m - 1) / 2 pairs.
  const drawn = Math.max(dimension, Math.exp((dimension * squared) / 4));
  const welch = dimension * squared < 1 ? (dimension * (1 - squared)) / (1 - dimension * squared) : Infinity;
  return { drawn, welch };
}

export function room(place) {
  const kept = new Kept("room", { dimensions: 128, overlap: 0.45, codes: "chance" });
  let dimension = Math.round(kept.number("dimensions", 2, 256));
  let tolerance = kept.number("overlap", 0.05, 0.6);
  let tight = kept.choice("codes", ["tight"]) === "tight";
  const histogram = el("div");
  const fits = el("div");
  let sample = [];
  const gram = canvas(288, 288, "Overlaps of 48 codes with each other", (pen) => {
    const size = 288 / SHOWN;
    const [on, cool] = [colour("on"), colour("cool")];
    for (let i = 0; i < SHOWN; i += 1) {
      for (let j = 0; j < SHOWN; j += 1) {
        const overlap = dot(sample[i], sample[j]);
        pen.globalAlpha = Math.min(1, Math.abs(overlap));
        pen.fillStyle = overlap < 0 ? cool : on;
        pen.fillRect(i * size, j * size, size - 0.5, size - 0.5);
      }
    }
    pen.globalAlpha = 1;
  });
  const kinds = [["drawn by chance", false], ["tight frames", true]].map(([words, value]) => button(words, () => { tight = value; show(); }));
  place.append(
    el("div", { class: "controls" },
      slider({ label: "Dimensions", min: 2, max: 256, value: dimension, input: (value) => { dimension = value; show(); } }).element,
      slider({ label: "Overlap that is tolerated", min: 0.05, max: 0.6, step: 0.01, value: tolerance, words: (value) => value.toFixed(2), input: (value) => { tolerance = value; show(); } }).element,
      el("div", { class: "presets", role: "group", "aria-label": "Codes" }, kinds)),
    el("div", { class: "columns" }, histogram, el("div", {}, el("h3", {}, `${SHOWN} of the codes against each other`), gram.element)),
    fits,
  );
  function show() {
    kept.set({ dimensions: dimension, overlap: tolerance, codes: tight ? "tight" : "chance" });
    const source = random(7);
    kinds.forEach((kind, i) => kind.setAttribute("aria-pressed", tight === Boolean(i)));
    const all = codes(dimension, Math.max(SHOWN, 2 * dimension), tight, source);
    sample = all.slice(0, SHOWN);
    gram.repaint();
    const overlaps = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const [i, j] = [source.below(all.length), source.below(all.length)];
      if (i !== j) overlaps.push(dot(all[i], all[j]));
    }
    histogram.replaceChildren(el("h3", {}, "Overlaps of pairs of codes"), overlapPicture(overlaps, tolerance, dimension));
    const found = packed(dimension, tolerance, random(3), PRODUCTS);
    fits.replaceChildren(fitPicture(dimension, tolerance, found));
  }
  show();
}

function overlapPicture(overlaps, tolerance, dimension) {
  const [width, height] = [430, 380];
  const box = [14, 26, width - 14, height - 46];
  const x = scale([-1.05, 1.05], [box[0], box[2]]);
  // Overlaps of sign codes are multiples of 2 / n: a bar is about as many of them wide, and centred on one.
  const step = (2 / dimension) * Math.max(1, Math.round(dimension / 80));
  const half = Math.ceil(1 / step) + 0.5;
  const BARS = 2 * half;
  const shares = bins(overlaps, -half * step, half * step, BARS);
  const top = Math.max(...shares);
  const y = scale([0, top], [box[3], box[1]]);
  const wide = x(step) - x(0);
  const middle = (i) => (i + 0.5 - half) * step;
  const within = overlaps.filter((overlap) => Math.abs(overlap) <= tolerance + 1e-9).length / overlaps.length;
  const normal = Array.from({ length: 121 }, (_, i) => -1 + i / 60)
    .map((at) => [x(at), y((Math.sqrt(dimension / (2 * Math.PI)) * Math.exp((-dimension * at * at) / 2)) * step)])
    .filter(([, height_]) => height_ > box[1] - 14);
  return picture(width, height, "Histogram of overlaps, with the band that is tolerated",
    el("rect", { x: x(-tolerance), y: box[1] - 8, width: x(tolerance) - x(-tolerance), height: box[3] - box[1] + 8, class: "fill-cool-soft", opacity: 0.5 }),
    Array.from(shares, (share, i) => (share ? el("rect", { x: x(middle(i)) - wide / 2, width: Math.max(0.6, wide - 0.6), y: y(share), height: box[3] - y(share), class: Math.abs(middle(i)) <= tolerance ? "fill-cool" : "fill-on" }) : null)),
    curve(normal, { class: "stroke-ink", "stroke-width": 1.2, "stroke-dasharray": "4 3" }),
    axes({ x, box, xTicks: [-1, -0.5, 0, 0.5, 1], words: String, xLabel: "overlap: 0 is a right angle, 1 the same direction" }),
    el("text", { x: width / 2, y: 14, "text-anchor": "middle", class: "text-cool" }, `${within === 1 ? "all" : `${(within * 100).toFixed(within > 0.999 ? 2 : 1)} %`} of ${overlaps.length.toLocaleString("en")} pairs are within the tolerance`));
}

function fitPicture(dimension, tolerance, found) {
  const { drawn, welch } = counts(dimension, tolerance);
  return barRows([
    ["exactly at right angles", dimension, "fill-cool", short(dimension)],
    ["promised: some draw has as many", drawn, "fill-on-soft", short(drawn)],
    ["kept here, one by one", found, "fill-on", found >= MOST ? `more than ${MOST.toLocaleString("en")}` : short(found)],
    Number.isFinite(welch) ? ["Welch: never more than", welch, "fill-off", short(welch)] : ["Welch: never more than", null, "", "no limit at this tolerance"],
  ], { label: "How many directions fit, by logarithms", range: [1, 1e10], logarithmic: true });
}
