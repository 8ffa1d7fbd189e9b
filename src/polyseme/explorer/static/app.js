// The explorer: a network, the features that are on, and one page of it, all kept in the address.

import { bytes, button, el } from "./draw.js";
import { Explored } from "./model.js";
import { comparePage, featurePage, layersPage, outputPage, outputsPage, unitPage } from "./pages.js";

const PAGES = { outputs: outputsPage, unit: unitPage, feature: featurePage, output: outputPage, layers: layersPage, compare: comparePage };
const [FOUND, LONGEST] = [30, 2000];

/** Return a file: inlined in an exported page, else fetched; null if there is none. */
async function file(name) {
  const inlined = document.getElementById(`${name}-data`);
  if (inlined) return inlined.textContent ? bytes(inlined.textContent.trim()) : null;
  const answer = await fetch(`${name}.bin`);
  return answer.ok ? answer.arrayBuffer() : null;
}

async function start() {
  const [network, view] = await Promise.all([file("network"), file("view")]);
  const explored = new Explored(network, view);
  const beside = document.documentElement.dataset.beside ? await file("beside") : null;
  explored.other = beside && new Explored(beside, null);
  document.querySelector('[data-page="compare"]').hidden = !beside;
  const state = { on: [], kept: [], page: "outputs", layer: 0, unit: 0, name: "" };
  const place = document.getElementById("page");
  const chips = document.getElementById("chips");
  const search = document.getElementById("search");
  const found = document.getElementById("found");

  /** Take the state from the address; what names nothing is passed over. */
  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.on = given.getAll("on").map((name) => explored.numbers.feature.get(name)).filter((feature) => feature !== undefined);
    state.page = Object.hasOwn(PAGES, given.get("page")) ? given.get("page") : "outputs";
    state.layer = Math.min(explored.layers.length - 1, Math.max(0, Number(given.get("layer")) | 0));
    const wide = explored.layers[state.layer];
    state.unit = Math.min(wide.bias.length + wide.carried.length - 1, Math.max(0, Number(given.get("unit")) | 0));
    state.name = given.get("name") ?? "";
    const known = { feature: explored.numbers.feature, output: explored.numbers.output }[state.page];
    if (known && !known.has(state.name)) state.page = "outputs";
  }

  /** Change the state, and the address with it. */
  function go(change) {
    Object.assign(state, change);
    const address = new URLSearchParams();
    for (const feature of state.on) address.append("on", explored.features[feature]);
    address.set("page", state.page);
    if (state.page === "unit") { address.set("layer", state.layer); address.set("unit", state.unit); }
    if (state.page === "output" || state.page === "feature") address.set("name", state.name);
    const text = `#${address}`;
    // Of a page in a frame the address is "about:srcdoc", of which only what follows # may change.
    if (text !== location.hash) history.pushState(null, "", location.href.split("#")[0] + text);
    show();
  }

  function show() {
    const started = performance.now();
    chips.replaceChildren(...state.on.map((feature) => button(`${explored.features[feature]} ×`, () => go({ on: state.on.filter((other) => other !== feature) }), { "aria-label": `Switch ${explored.features[feature]} off` })));
    if (!state.on.length) chips.replaceChildren(el("span", {}, "No feature is on. Search for one."));
    place.replaceChildren(...PAGES[state.page](explored, state, go).filter(Boolean));
    document.querySelectorAll("nav button").forEach((one) => one.setAttribute("aria-current", one.dataset.page === state.page ? "page" : "false"));
    document.body.dataset.milliseconds = (performance.now() - started).toFixed(2);
  }

  /** List names that hold what is searched for: features, outputs, units by number. */
  function look() {
    const wanted = search.value.trim().toLowerCase().slice(0, LONGEST);
    found.replaceChildren();
    if (!wanted) return;
    const item = (words, kind, click) => found.append(el("li", {}, button(words, () => { search.value = ""; found.replaceChildren(); click(); }), ` ${kind}`));
    const unit = /^(?:unit |neuron |#)?(\d+)$/.exec(wanted);
    if (unit && Number(unit[1]) < explored.layers[0].bias.length) item(`unit ${unit[1]}`, "of layer 0", () => go({ page: "unit", layer: 0, unit: Number(unit[1]) }));
    for (const [kind, names] of [["feature", explored.features], ["output", explored.outputs]]) {
      const exact = names.filter((name) => name.toLowerCase() === wanted);
      const begins = names.filter((name) => name.toLowerCase().startsWith(wanted) && !exact.includes(name)).slice(0, FOUND);
      const holds = names.filter((name) => name.toLowerCase().includes(wanted) && !name.toLowerCase().startsWith(wanted)).slice(0, FOUND);
      for (const name of [...exact, ...begins, ...holds].slice(0, FOUND / 2)) {
        if (kind === "feature") {
          const feature = explored.numbers.feature.get(name);
          item(`${name}: switch on`, kind, () => go({ on: state.on.includes(feature) ? state.on : [...state.on, feature] }));
        }
        item(name, `${kind}'s page`, () => go({ page: kind, name }));
      }
    }
    if (!found.children.length) found.append(el("li", {}, "Nothing is called that."));
  }

  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") found.querySelector("button")?.click(); });
  document.querySelectorAll("nav button").forEach((one) => one.addEventListener("click", () => go({ page: one.dataset.page })));
  document.getElementById("clear").addEventListener("click", () => go({ on: [] }));
  addEventListener("popstate", () => { read(); show(); });
  document.title = `${explored.network.about.provenance.source} – polyseme`;
  document.getElementById("named").textContent = explored.network.about.provenance.source;
  read();
  if (!location.hash && explored.terms) state.on = explored.literals(0).filter(([, sign]) => sign > 0).map(([feature]) => feature);
  show();
  document.body.dataset.ready = "yes";
}

start().catch((error) => { document.getElementById("page").textContent = `This network cannot be shown: ${error.message}`; throw error; });
