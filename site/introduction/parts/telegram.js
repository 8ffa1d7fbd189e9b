// Part 6: a network that permutes m concepts tells which of the m! permutations it is.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { axes, barRows, button, curve, decades, el, narrow, picture, random, scale, short, slider, wide } from "../draw.js";
import { log2Factorial } from "../bounds.js";

const CONCEPTS = 8;
const FORMS = {
  one: ["1 bit per weight", () => 1, "stroke-on", "text-on"],
  byte: ["8 bits", () => 8, "stroke-cool", "text-cool"],
  many: ["(log₂ m)² bits", (m) => Math.log2(m) ** 2, "stroke-gold", "text-gold"],
};

/** Return the least number of neurons whose weights can tell m! permutations apart. */
export function leastNeurons(m, bits) {
  return Math.sqrt(log2Factorial(m) / bits);
}

export function telegram(place) {
  const source = random(2);
  const places = Array.from({ length: CONCEPTS }, (_, i) => i);
  const kept = new Kept("telegram", { m: 4, bits: "one", order: shuffled(places, source) });
  const said = kept.list("order", places).map(Number);
  let order = said.length === CONCEPTS ? said : kept.begin.order;
  const strip = el("div");
  const chart = el("div");
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  let form = kept.choice("bits", Object.keys(FORMS));
  const shuffle = button("Shuffle", () => {
    order = shuffled(order, source);
    strip.replaceChildren(message(order));
    kept.set({ order });
  });
  const forms = Object.entries(FORMS).map(([name, [words]]) => button(words, () => { form = name; show(); }, { "data-form": name }));
  const knob = slider({ label: "Concepts, m", min: 1, max: 6, step: 0.05, value: kept.number("m", 1, 6), words: (power) => short(10 ** power), input: show });
  place.append(
    el("h3", {}, "A permutation as a message"), strip, el("div", { class: "controls" }, shuffle),
    el("h3", {}, "How many neurons must a layer have to carry it?"),
    el("div", { class: "controls" }, knob.element, el("div", { class: "presets", role: "group", "aria-label": "Bits per weight" }, forms)),
    chart, told, experiment());
  strip.replaceChildren(message(order));
  function show() {
    kept.set({ m: knob.value, bits: form });
    const m = 10 ** knob.value;
    const bits = FORMS[form][1](m);
    for (const one of forms) one.setAttribute("aria-pressed", one.dataset.form === form);
    chart.replaceChildren(drawn(m, form));
    const least = leastNeurons(m, bits);
    told.textContent = `${short(m)} concepts: log₂ m! = ${short(log2Factorial(m))} bits. At ${short(bits)} bit${bits === 1 ? "" : "s"} per weight a square layer needs at least ${short(Math.ceil(least))} neurons.`;
  }
  show();
}

/** Return a list in an order drawn by chance. */
function shuffled(list, source) {
  const found = [...list];
  for (let i = found.length - 1; i > 0; i -= 1) { const j = source.below(i + 1); [found[i], found[j]] = [found[j], found[i]]; }
  return found;
}

/** Return a permutation with its number among all, in bits. */
function message(order) {
  const [width, height] = [wide(), narrow() ? 250 : 150];
  const [left, drop] = narrow() ? [28, 96] : [420, 0];
  let rank = 0;
  order.forEach((value, i) => {
    const smaller = order.slice(i + 1).filter((other) => other < value).length;
    rank = rank * (order.length - i) + smaller;
  });
  const bits = Math.ceil(log2Factorial(order.length));
  const text = rank.toString(2).padStart(bits, "0");
  const x = (i) => 40 + i * 44;
  const tint = (i) => `color-mix(in oklab, var(--on) ${Math.round((100 * i) / (order.length - 1))}%, var(--cool))`;
  return picture(width, height, `The permutation ${order.map((i) => i + 1).join(" ")} has the number ${rank}, ${text} in bits`,
    order.map((to, i) => el("path", { d: `M${x(i)},34 C${x(i)},75 ${x(to)},75 ${x(to)},116`, class: "fill-none", "stroke-width": 3, stroke: tint(i) })),
    order.map((_, i) => [el("circle", { cx: x(i), cy: 26, r: 13, fill: tint(i) }), el("circle", { cx: x(order[i]), cy: 124, r: 13, fill: tint(i) })]),
    el("text", { x: left, y: 60 + drop }, `number ${rank.toLocaleString("en")} of ${[...Array(order.length)].reduce((all, _, i) => all * (i + 1), 1).toLocaleString("en")} permutations`),
    [...text].map((bit, i) => [
      el("rect", { x: left + i * 26, y: 74 + drop, width: 22, height: 30, rx: 3, class: bit === "1" ? "fill-on" : "fill-hair stroke-faint" }),
      el("text", { x: left + 11 + i * 26, y: 94 + drop, "text-anchor": "middle", class: bit === "1" ? "on-dark" : "strong" }, bit)]),
    el("text", { x: left, y: 128 + drop }, `${bits} bits: what a telegram of this permutation must hold`));
}

function drawn(m, form) {
  const [width, height] = [wide(), 360];
  const box = [70, 34, width - (narrow() ? 150 : 130), height - 50];
  const x = scale([10, 1e6], [box[0], box[2]], true);
  const y = scale([1, 1e4], [box[3], box[1]], true);
  const steps = Array.from({ length: 60 }, (_, i) => 10 ** (1 + (i * 5) / 59));
  const bits = FORMS[form][1](m);
  return picture(width, height, "Least neurons against concepts, at three numbers of bits per weight",
    axes({ x, y, box, xTicks: decades([10, 1e6], narrow() ? 2 : 1), yTicks: decades([1, 1e4]), xLabel: "concepts m", yLabel: "neurons n" }),
    Object.entries(FORMS).map(([name, [words, of, stroke, text]]) => {
      const points = steps.map((at) => [x(at), y(Math.max(1, leastNeurons(at, of(at))))]);
      return [curve(points, { class: stroke, "stroke-width": name === form ? 3.5 : 1.6 }), el("text", { x: box[2] + 8, y: points.at(-1)[1] + 4, class: text }, words)];
    }),
    el("line", { x1: x(m), x2: x(m), y1: box[1], y2: box[3], class: "stroke-ink", "stroke-dasharray": "3 3" }),
    el("circle", { cx: x(m), cy: y(Math.max(1, leastNeurons(m, bits))), r: 6, class: "fill-on" }));
}

/** Return the bytes of the real message beside the bound. */
function experiment() {
  const told = data.telegram;
  const rows = [["no message is shorter", told.bytes_bound, "fill-cool"], ["the network, compressed", told.bytes_message, "fill-on"]];
  return el("div", {},
    el("h3", {}, `The experiment: a permutation of ${told.features.toLocaleString("en")} concepts sent as a network, and read back`),
    barRows(rows.map(([words, value, name]) => [words, value, name, `${Math.round(value).toLocaleString("en")} bytes`]), { label: "Bytes of the bound and of the network", range: [0, told.bytes_message], left: 220 }),
    el("p", {}, `${told.neurons} neurons; asked ${told.queries.toLocaleString("en")} times, the receiver got ${told.wrong} of ${told.outputs.toLocaleString("en")} wrong.`));
}
