// Pictures and tables of the explorer, each of which can be saved: SVG of a picture, CSV of its data.

import { axes, bins, button, canvas, colour, el, narrow, picture, scale } from "./draw.js";

/** Return a figure with a heading, a picture, and buttons that save it and its data. */
export function figure(words, drawn, rows) {
  const tools = el("span", { class: "tools" });
  if (drawn instanceof SVGElement) tools.append(button("SVG", () => save(`${words}.svg`, svgText(drawn), "image/svg+xml"), { "aria-label": `Save ${words} as SVG` }));
  if (rows) tools.append(button("CSV", () => save(`${words}.csv`, csvText(rows), "text/csv"), { "aria-label": `Save the data of ${words} as CSV` }));
  return el("figure", {}, el("figcaption", {}, words, tools), drawn);
}

/** Return rows as CSV: fields with commas, quotes or line feeds stand in quotes. */
export function csvText(rows) {
  const field = (value) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return `${rows.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

/** Return a picture as a file of its own, with its colours written out. */
export function svgText(drawn) {
  const copy = drawn.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const [from, to] = [drawn.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"]) to[i].setAttribute(name, style.getPropertyValue(name));
    to[i].removeAttribute("class");
  });
  return new XMLSerializer().serializeToString(copy);
}

function save(name, text, type) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name.replace(/[^\w.-]+/g, "-") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Return bars with their names, largest first; each may lead somewhere. */
export function barsOf(rows, label) {
  const [row, left, width] = narrow() ? [26, 175, 480] : [24, 250, 760];
  const most = Math.max(...rows.map(([, value]) => Math.abs(value)), 1e-12);
  const least = Math.min(0, ...rows.map(([, value]) => value));
  const x = scale([least, Math.max(most, -least * 0.1)], [left, width - 80]);
  const drawn = picture(width, rows.length * row + 12, label, rows.map(([words, value, go, name], i) => [
    el("text", { x: left - 8, y: 20 + i * row, "text-anchor": "end", class: go ? "link" : "", tabindex: go ? 0 : null, role: go ? "link" : null, click: go ?? undefined, keydown: go ? (event) => { if (event.key === "Enter") go(); } : undefined }, cut(words, narrow() ? 22 : 36), el("title", {}, words)),
    el("rect", { x: Math.min(x(0), x(value)), width: Math.max(1, Math.abs(x(value) - x(0))), y: 7 + i * row, height: 17, rx: 2, class: name ?? (value < 0 ? "fill-cool" : "fill-on") }),
    el("text", { x: Math.max(x(0), x(value)) + 6, y: 20 + i * row, class: "strong" }, String(Number(value.toPrecision(4))))]));
  // What holds links is no image to a screen reader.
  if (rows.some(([, , go]) => go)) drawn.setAttribute("role", "group");
  return drawn;
}

/** Return words, cut to a length. */
export function cut(words, length) {
  return words.length > length ? `${words.slice(0, length - 1)}…` : words;
}

/** Return a histogram of numbers. */
export function histogram(values, label, count = 40) {
  const [width, height] = [420, 190];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  if (low === high) { low -= 0.5; high += 0.5; }
  const box = [30, 14, width - 30, height - 40];
  const x = scale([low, high], [box[0], box[2]]);
  const shares = bins(values, low, high, count);
  const top = Math.max(...shares);
  const wide = (box[2] - box[0]) / count;
  const ticks = [low, (low + high) / 2, high].map((tick) => Number(tick.toPrecision(3)));
  return picture(width, height, label,
    Array.from(shares, (share, i) => (share ? el("rect", { x: box[0] + i * wide, width: wide - 0.8, y: box[3] - (share / top) * (box[3] - box[1]), height: Math.max(1, (share / top) * (box[3] - box[1])), class: "fill-cool" }) : null)),
    axes({ x, box, xTicks: ticks, words: String, xLabel: label }));
}

/** Return all units of a layer as squares as bright as their values; a click names the unit. */
export function unitsOf(values, label, go) {
  const columns = Math.ceil(Math.sqrt(values.length * 2));
  const rows = Math.ceil(values.length / columns);
  const size = Math.max(2, Math.min(16, Math.floor(760 / columns)));
  let most = 1e-12;
  for (const value of values) most = Math.max(most, value);
  const sheet = canvas(columns * size, rows * size, label, (pen) => {
    const [on, off] = [colour("on"), colour("hair")];
    values.forEach((value, unit) => {
      const [x, y] = [(unit % columns) * size, Math.floor(unit / columns) * size];
      pen.globalAlpha = 1;
      pen.fillStyle = off;
      pen.fillRect(x, y, size - 0.6, size - 0.6);
      if (value > 0) { pen.globalAlpha = 0.25 + 0.75 * (value / most); pen.fillStyle = on; pen.fillRect(x, y, size - 0.6, size - 0.6); }
    });
  });
  sheet.repaint();
  sheet.element.addEventListener("click", (event) => {
    const place = sheet.element.getBoundingClientRect();
    const at = (size_, begin, span) => Math.floor(((size_ - begin) / span));
    const unit = at(event.clientY, place.top, place.height / rows) * columns + at(event.clientX, place.left, place.width / columns);
    if (unit >= 0 && unit < values.length) go(unit);
  });
  sheet.element.classList.add("units");
  return sheet.element;
}

/** Return a matrix of overlaps as squares, orange above 0 and blue below. */
export function matrixOf(matrix, label) {
  const size = Math.max(2, Math.floor(360 / matrix.length));
  const sheet = canvas(size * matrix.length, size * matrix.length, label, (pen) => {
    const [on, cool] = [colour("on"), colour("cool")];
    matrix.forEach((row, i) => row.forEach((value, j) => {
      pen.globalAlpha = Math.min(1, Math.abs(value));
      pen.fillStyle = value < 0 ? cool : on;
      pen.fillRect(j * size, i * size, size - 0.4, size - 0.4);
    }));
    pen.globalAlpha = 1;
  });
  sheet.repaint();
  sheet.element.classList.add("square");
  return sheet.element;
}

/** Return a table with a row per list; the first list is its head. */
export function tableOf([head, ...rows]) {
  return el("div", { class: "scroll" }, el("table", { class: "numbers" },
    el("thead", {}, el("tr", {}, head.map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, i) => (i ? el("td", {}, cell) : el("th", { scope: "row" }, cell))))))));
}
