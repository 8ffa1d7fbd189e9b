// Part 9: the airports network asked by name, and made to fail.

import { Kept } from "../address.js";
import { airports } from "../airports.js";
import { data } from "../data.js";
import { axes, button, el, percent, picture, scale } from "../draw.js";

const SHOWN = 14;

export async function breaking(place) {
  const world = await airports("larger");
  const { places, network } = world;
  const at = new Map(places.code.map((code, i) => [code, i]));
  const kept = new Kept("breaking", { airports: ["CDG", "GIG"], asked: world.relations[0] });
  let chosen = kept.list("airports", places.code).map((code) => at.get(code));
  let relation = world.relations.indexOf(kept.choice("asked", world.relations));
  let [asked, failed] = [0, 0];
  const name = (i) => `${places.code[i]} ${places.name[i]}`;
  const options = el("datalist", { id: "airport-names" }, places.code.map((_, i) => el("option", { value: name(i) })));
  const field = el("input", { type: "search", list: "airport-names", placeholder: "an airport, such as KTM", "aria-label": "Airport to add", size: 26, change: () => add(field.value) });
  const kinds = world.relations.map((words, i) => button(words, () => { relation = i; show(); }));
  const chips = el("div", { class: "chips", "aria-label": "Airports that are on; press to take one off" });
  const answers = el("div");
  const chart = el("div");
  const verdict = el("p", { class: "verdict", "aria-live": "polite" });
  const pairs = data.airports.wrong_pairs;
  let next = 0;
  place.append(
    el("div", { class: "controls" }, el("span", {}, "Asked:"), kinds),
    chips,
    el("div", { class: "controls" }, field, options,
      button("Add", () => add(field.value)),
      button("Add one by chance", () => { put(Math.floor(Math.random() * world.count)); }),
      button("Add until it fails", untilItFails),
      button("A pair known to fail", () => {
        const [first, second, of] = pairs[next % pairs.length];
        next += 1;
        chosen = [at.get(first), at.get(second)];
        relation = world.relations.indexOf(of);
        show();
      }),
      button("Start again", () => { chosen = [at.get("CDG")]; show(); })),
    el("div", { class: "columns" }, el("div", {}, verdict, answers), chart));

  function put(airport) { if (!chosen.includes(airport)) chosen = [...chosen, airport]; show(); }
  function add(words) {
    const wanted = words.trim().toLowerCase();
    if (!wanted) return;
    const exact = at.get(words.trim().slice(0, 3).toUpperCase());
    const found = exact ?? places.name.findIndex((other) => other.toLowerCase().includes(wanted));
    field.value = "";
    if (found >= 0) put(found); else verdict.textContent = `No airport is called “${words}”.`;
  }
  function untilItFails() {
    for (let tries = 0; tries < 40; tries += 1) {
      chosen = [...chosen, Math.floor(Math.random() * world.count)];
      if (!ask().right) break;
    }
    show();
  }
  function ask() {
    const { readings, on } = network.run([...chosen, world.count + relation]);
    const truth = world.answers(chosen, relation);
    const right = on.length === truth.length && truth.every((output) => on.includes(output));
    return { readings, on, truth, right };
  }
  function show() {
    kept.set({ airports: chosen.map((airport) => places.code[airport]), asked: world.relations[relation] });
    const started = performance.now();
    const { readings, on, truth, right } = ask();
    const took = performance.now() - started;
    place.dataset.milliseconds = took.toFixed(2);
    asked += 1;
    failed += right ? 0 : 1;
    kinds.forEach((kind, i) => kind.setAttribute("aria-pressed", i === relation));
    chips.replaceChildren(...chosen.map((airport) => button(`${name(airport)} ×`, () => { chosen = chosen.filter((other) => other !== airport); show(); }, { "aria-label": `take off ${name(airport)}` })));
    const promise = data.airports.active - 1;
    const where = chosen.length <= promise ? `Within the promise of ${promise} airports` : `${chosen.length} airports, ${promise} are promised`;
    const missed = truth.filter((output) => !on.includes(output)).length;
    const mistaken = on.filter((output) => !truth.includes(output)).length;
    verdict.textContent = `${where}: ${right ? "all of" : `${missed} missed, ${mistaken} mistaken of`} ${network.outputs.length.toLocaleString("en")} outputs ${right ? "are right" : ""}. It took ${took < 1 ? "under 1" : Math.round(took)} ms; you asked ${asked}, it failed ${failed}.`;
    verdict.classList.toggle("on", !right);
    answers.replaceChildren(nearest(readings, on, truth));
    chart.replaceChildren(curveOfErrors(chosen.length));
  }
  /** Return the outputs whose readings come nearest to their thresholds, or pass them. */
  function nearest(readings, on, truth) {
    const { thresholds } = network.readout;
    const share = (output) => readings[output] / thresholds[output];
    const listed = Array.from(readings, (_, output) => output).filter((output) => thresholds[output] > 0 && Number.isFinite(thresholds[output]));
    listed.sort((a, b) => share(b) - share(a));
    const rows = [...new Set([...truth, ...listed.slice(0, SHOWN)])].sort((a, b) => share(b) - share(a)).slice(0, Math.max(SHOWN, truth.length));
    const [width, row] = [430, 25];
    const x = scale([0, Math.max(2, share(rows[0]))], [165, width - 20]);
    return picture(width, rows.length * row + 34, "Outputs nearest to their thresholds",
      el("line", { x1: x(1), x2: x(1), y1: 20, y2: rows.length * row + 26, class: "stroke-ink", "stroke-dasharray": "3 3" }),
      el("text", { x: x(1), y: 13, "text-anchor": "middle" }, "threshold"),
      rows.map((output, i) => {
        const [is, should] = [on.includes(output), truth.includes(output)];
        const words = `${is === should ? "" : should ? "missed: " : "mistaken: "}${network.outputs[output]}`;
        return [
          el("text", { x: 157, y: 41 + i * row, "text-anchor": "end", class: is === should ? (is ? "strong" : "") : "text-on" }, words.length > 24 ? `${words.slice(0, 23)}…` : words, el("title", {}, words)),
          el("rect", { x: 165, y: 28 + i * row, width: Math.max(1, x(Math.max(0, share(output))) - 165), height: 17, rx: 2, class: is ? (should ? "fill-cool" : "fill-on") : should ? "fill-on-soft" : "fill-off" }),
        ];
      }));
  }
  show();
}

/** Return the measured errors by the number of airports, with the present number marked. */
function curveOfErrors(present) {
  const { errors, active, pairs } = data.airports;
  const [width, height] = [430, 330];
  const box = [48, 40, width - 14, height - 52];
  const x = scale([0.5, errors.length + 0.5], [box[0], box[2]]);
  const y = scale([0, 0.6], [box[3], box[1]]);
  const here = Math.min(present, errors.length);
  return picture(width, height, "Measured share of wrong questions by the number of airports",
    el("rect", { x: x(0.5), width: x(active - 0.5) - x(0.5), y: box[1], height: box[3] - box[1], class: "fill-cool-soft", opacity: 0.45 }),
    el("text", { x: x(0.5) + 6, y: box[1] + 16, class: "text-cool" }, "promised"),
    axes({ x, y, box, xTicks: errors.map((row) => row.airports), yTicks: [0, 0.2, 0.4, 0.6], words: (tick) => (tick < 1 && tick > 0 ? `${Math.round(tick * 100)} %` : String(tick)), xLabel: "airports on at once", yLabel: "questions with any output wrong" }),
    errors.map((row) => [
      el("rect", { x: x(row.airports) - 15, width: 30, y: y(row.share), height: box[3] - y(row.share), class: row.airports === here ? "fill-on" : "fill-off" }),
      el("text", { x: x(row.airports), y: y(row.share) - 6, "text-anchor": "middle", class: row.airports === here ? "text-on" : "" }, row.airports === 2 ? percent(pairs.share) : percent(row.share))]));
}
