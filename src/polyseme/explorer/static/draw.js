// What all machines of the page draw with: elements, sliders, scales, axes.

const SVG = "http://www.w3.org/2000/svg";
const OF_SVG = new Set(["svg", "g", "line", "path", "circle", "rect", "text", "polyline", "polygon", "title", "tspan", "defs", "marker", "clipPath"]);

/** Return an element with attributes (functions are listeners) and children. */
export function el(tag, attributes = {}, ...children) {
  const made = OF_SVG.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Return a picture of a width and a height, which scales to its place. */
export function picture(width, height, label, ...children) {
  const about = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return el("svg", { viewBox: `0 0 ${width} ${height}`, class: "picture", ...about }, children);
}

let made = 0;

/** Return a slider with its label and the value in words; `set` moves it and `value` tells it. */
export function slider({ label, min, max, step = 1, value, words = String, input }) {
  const id = `slider-${(made += 1)}`;
  const said = el("output", { for: id });
  const moved = () => {
    said.textContent = words(Number(knob.value));
    knob.setAttribute("aria-valuetext", said.textContent);
  };
  const knob = el("input", {
    type: "range", id, min, max, step, value,
    input: () => { moved(); input(Number(knob.value)); },
  });
  moved();
  return {
    element: el("div", { class: "slider" }, el("label", { for: id }, label), knob, said),
    get value() { return Number(knob.value); },
    set(to) { knob.value = to; moved(); input(Number(knob.value)); },
  };
}

/** Return a button. */
export function button(words, click, attributes = {}) {
  return el("button", { type: "button", click, ...attributes }, words);
}

/** Return a function from a domain to a range, linear or by logarithms. */
export function scale([from, to], [start, end], logarithmic = false) {
  const bend = logarithmic ? Math.log : (x) => x;
  return (x) => start + ((bend(x) - bend(from)) / (bend(to) - bend(from))) * (end - start);
}

/** Return powers of ten in a domain, or every so many of them. */
export function decades([from, to], every = 1) {
  const found = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); 10 ** power <= to * 1.0001; power += every) found.push(10 ** power);
  return found;
}

/** Return whether the window is as narrow as a phone's. */
export function narrow() {
  return window.innerWidth < 640;
}

/** Return the width of a wide picture, in its own units: fewer in a narrow window, so that words stay large. */
export function wide() {
  return narrow() ? 500 : 880;
}

/** Return rows of bars, each with its words and its value: beside it, or above it in a narrow window. */
export function barRows(rows, { label, range, logarithmic = false, left = 260, right = 130 }) {
  const [width, row] = narrow() ? [wide(), 50] : [wide(), 38];
  const begin = narrow() ? 4 : left;
  const x = scale(range, [begin, width - right], logarithmic);
  return picture(width, rows.length * row + 8, label, rows.map(([words, value, name, shown], i) => {
    const top = i * row + (narrow() ? 22 : 6);
    const end = value === null ? begin : x(Math.min(Math.max(value, range[0]), range[1]));
    return [
      narrow() ? el("text", { x: begin, y: top - 6 }, words) : el("text", { x: begin - 10, y: top + 18, "text-anchor": "end" }, words),
      value === null ? null : el("rect", { x: begin, y: top, width: Math.max(2, end - begin), height: 25, rx: 3, class: name }),
      el("text", { x: end + 8, y: top + 18, class: "strong" }, shown)];
  }));
}

/** Return a large number in a few characters. */
export function short(x) {
  if (!Number.isFinite(x)) return "∞";
  for (const [size, unit] of [[1e12, " trillion"], [1e9, " billion"], [1e6, " million"]]) {
    if (x >= size * 0.9995) return x >= size * 1e6 ? x.toExponential(1).replace("e+", " × 10^") : `${precise(x / size)}${unit}`;
  }
  return x >= 100 ? Math.round(x).toLocaleString("en") : precise(x);
}

function precise(x) {
  return Number(x.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 3 });
}

/** Return a share in per cent. */
export function percent(share) {
  return share === 0 ? "0 %" : `${Number((share * 100).toPrecision(2))} %`;
}

/** Return axes of a plot as a group: ticks are numbers with their words. */
export function axes({ x, y, xTicks = [], yTicks = [], box: [left, top, right, bottom], xLabel, yLabel, words = short }) {
  return el("g", { class: "axes" },
    el("line", { x1: left, y1: bottom, x2: right, y2: bottom }),
    xTicks.map((tick) => el("g", {},
      el("line", { x1: x(tick), y1: bottom, x2: x(tick), y2: bottom + 4 }),
      el("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, words(tick)))),
    yTicks.map((tick) => el("g", {},
      el("line", { class: "grid", x1: left, y1: y(tick), x2: right, y2: y(tick) }),
      el("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, words(tick)))),
    xLabel && el("text", { x: right, y: bottom + 36, "text-anchor": "end", class: "label" }, xLabel),
    yLabel && el("text", { x: left, y: top - 10, "text-anchor": "start", class: "label" }, yLabel));
}

/** Return the path of a curve through points. */
export function curve(points, attributes) {
  const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
  return el("path", { d, fill: "none", ...attributes });
}

/** Return a histogram's bars: shares of values per bin. */
export function bins(values, from, to, count) {
  const found = new Float64Array(count);
  for (const value of values) {
    found[Math.min(count - 1, Math.max(0, Math.floor(((value - from) / (to - from)) * count)))] += 1;
  }
  return found.map((bin) => bin / values.length);
}

/** Return a source of random numbers from a seed: uniform and normal. */
export function random(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, below: (n) => Math.floor(uniform() * n), sign: () => (uniform() < 0.5 ? -1 : 1) };
}

/** Return the bytes of a text in base64. */
export function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}

/** Return a colour of the page for a canvas. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Return a canvas of a size in pixels of the page, sharp on any screen, redrawn when colours change. */
export function canvas(width, height, label, paint) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const sheet = el("canvas", { width: width * ratio, height: height * ratio, role: "img", "aria-label": label, class: "picture" });
  const repaint = () => {
    const pen = sheet.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    paint(pen);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  document.addEventListener("theme", repaint);
  return { element: sheet, repaint };
}
