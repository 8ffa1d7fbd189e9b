// The pages: outputs, one neuron, one feature, one gate, the layers. Each returns its elements.

import { button, el, random } from "./draw.js";
import { barsOf, cut, figure, histogram, matrixOf, tableOf, unitsOf } from "./pictures.js";

const [MOST, NEAREST, TRIES, BLOCK] = [40, 12, 4000, 48];

/** Return the name of a number that a layer writes: a unit, or one that passes. */
function unitName(explored, layer, unit) {
  const units = explored.layers[layer].bias.length;
  return explored.layers.length > 1 ? `layer ${layer}, ${unit < units ? `unit ${unit}` : `carried ${unit - units}`}` : `unit ${unit}`;
}

/** The outputs that are on, and those whose readings come nearest to their thresholds. */
export function outputsPage(explored, state, go) {
  const run = explored.network.run(state.on);
  const truth = explored.truth(state.on);
  const { thresholds } = explored.network.readout;
  const margin = (output) => run.readings[output] - thresholds[output];
  const listed = Array.from(thresholds, (_, output) => output).filter((output) => Number.isFinite(thresholds[output]));
  listed.sort((a, b) => margin(b) - margin(a));
  const wrong = truth ? [...new Set([...truth, ...run.on])].filter((output) => truth.includes(output) !== run.on.includes(output)) : [];
  const shown = [...new Set([...run.on.slice(0, MOST), ...wrong, ...listed.slice(0, run.on.length + NEAREST)])].sort((a, b) => margin(b) - margin(a));
  const word = (output) => (truth && truth.includes(output) !== run.on.includes(output) ? (truth.includes(output) ? "missed: " : "mistaken: ") : run.on.includes(output) ? "on: " : "");
  const rows = shown.map((output) => [word(output) + explored.outputs[output], margin(output), () => go({ page: "output", name: explored.outputs[output] }), run.on.includes(output) ? (wrong.includes(output) ? "fill-on" : "fill-cool") : wrong.includes(output) ? "fill-on-soft" : "fill-off"]);
  const names = run.on.map((output) => explored.outputs[output]);
  const verdict = !truth ? "There is no answer key to judge this." : wrong.length ? `${wrong.length} wrong.` : "All outputs are right.";
  return [
    el("p", { class: "verdict", "data-outputs": JSON.stringify(names) }, names.length ? `On: ${cut(names.join(", "), 400)}.` : "No output is on.", " ", verdict),
    figure("Readings minus thresholds", barsOf(rows, "Readings minus thresholds, largest first"), [["output", "reading", "threshold", "on", "true"], ...shown.map((output) => [explored.outputs[output], run.readings[output], thresholds[output], run.on.includes(output), truth ? truth.includes(output) : ""])]),
    failing(explored, state, go),
  ];
}

/** Buttons that look for an input that fails, and those that were found. */
function failing(explored, state, go) {
  if (!explored.circuit) return null;
  const told = el("p", { "aria-live": "polite" });
  const list = el("ul", { class: "list" });
  const show = () => list.replaceChildren(...state.kept.map((on) => el("li", {}, button(on.map((feature) => explored.features[feature]).join(" + "), () => go({ on })))));
  const look = button("Find a failing input", () => {
    const source = random(performance.now());
    const end = performance.now() + 1500;
    let tried = 0;
    while (performance.now() < end && tried < TRIES) {
      const on = explored.drawn(source);
      tried += 1;
      const errors = explored.errors(on);
      if (errors.missed.length + errors.mistaken.length) { state.kept = [on, ...state.kept].slice(0, 20); go({ on }); return; }
    }
    told.textContent = `None of ${tried.toLocaleString("en")} random inputs within the promise failed.`;
  });
  show();
  return el("section", {}, el("h3", {}, "Failing inputs"), look, told, list);
}

/** One unit: what it serves, its sum, and why. */
export function unitPage(explored, state, go) {
  const { layer, unit } = state;
  const one = explored.layers[layer];
  const run = explored.network.run(state.on);
  const units = one.bias.length;
  const value = run.layers[layer].values[unit];
  const parts = [el("h2", {}, unitName(explored, layer, unit))];
  if (unit < units) {
    const sum = run.layers[layer].sums[unit];
    parts.push(tableOf([["", "now"], ["sum of what it reads", sum - one.bias[unit]], ["bias", one.bias[unit]], ["sum before the bend", sum], ["value after the bend", value]]));
    if (layer === 0) {
      const added = explored.addedToSum(unit, state.on);
      const rows = state.on.map((feature, i) => [explored.features[feature], added[i], () => go({ page: "feature", name: explored.features[feature] })]);
      rows.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
      rows.push(["bias", one.bias[unit]]);
      parts.push(figure("Why: what is added to its sum", barsOf(rows, "What every feature that is on adds to the sum"), [["feature", "added"], ...rows.map(([name, number]) => [name, number])]));
      const all = explored.addedToSum(unit, explored.features.map((_, i) => i));
      parts.push(figure("What it reads of every feature", histogram(all, "added by one feature"), [["feature", "added"], ...explored.features.map((name, i) => [name, all[i]])]));
    } else {
      const below = run.layers[layer - 1].values;
      const rows = explored.addedFromBelow(layer, unit, below).slice(0, MOST).map(([from, number]) => [unitName(explored, layer - 1, from), number, () => go({ page: "unit", layer: layer - 1, unit: from })]);
      rows.push(["bias", one.bias[unit]]);
      parts.push(figure("Why: what is added to its sum", barsOf(rows, "What the units below add to the sum"), [["from", "added"], ...rows.map(([name, number]) => [name, number])]));
    }
  }
  if (explored.columns) {
    const served = explored.columns[layer].served[unit];
    parts.push(el("section", {}, el("h3", {}, `It serves ${served.length.toLocaleString("en")} ${explored.terms ? "term" : "wire"}${served.length === 1 ? "" : "s"}`),
      el("ul", { class: "list" }, served.slice(0, 300).map((column) => el("li", {}, columnLink(explored, layer, column, go))))));
  }
  return parts;
}

function columnLink(explored, layer, column, go) {
  const words = explored.columnName(layer, column);
  if (!explored.terms) return words;
  const on = explored.literals(column).filter(([, sign]) => sign > 0).map(([feature]) => feature);
  return el("span", {}, button(words, () => go({ page: "output", name: explored.outputs[explored.terms.output[column]], on }), { class: "plain" }));
}

/** One feature: its code, who reads it, and whose codes overlap with it most. */
export function featurePage(explored, state, go) {
  const feature = explored.numbers.feature.get(state.name);
  const overlaps = explored.overlaps(feature);
  const nearest = Array.from(overlaps, (_, other) => other).filter((other) => other !== feature).sort((a, b) => Math.abs(overlaps[b]) - Math.abs(overlaps[a])).slice(0, NEAREST);
  const rows = nearest.map((other) => [explored.features[other], overlaps[other], () => go({ page: "feature", name: explored.features[other] })]);
  const code = explored.code(feature);
  const readers = explored.termsWhere((term) => explored.literals(term).some(([literal]) => literal === feature));
  const block = [feature, ...nearest, ...state.on, ...Array.from({ length: BLOCK }, (_, i) => i)].filter((one, i, all) => one < explored.features.length && all.indexOf(one) === i).slice(0, BLOCK);
  const matrix = block.map((one) => { const row = explored.overlaps(one); return block.map((other) => row[other]); });
  const is = state.on.includes(feature);
  return [
    el("h2", {}, state.name),
    button(is ? "Switch off" : "Switch on", () => go({ on: is ? state.on.filter((other) => other !== feature) : [...state.on, feature] })),
    el("p", {}, `Its code is on ${code.length} of ${explored.network.about.dimensions.toLocaleString("en")} dimensions.`),
    figure("Interference: the codes that overlap most with it", barsOf(rows, "Overlaps with other codes"), [["feature", "overlap"], ...explored.features.map((name, other) => [name, overlaps[other]])]),
    el("div", { class: "columns" },
      figure("Overlaps with all others", histogram(overlaps.filter((_, other) => other !== feature), "overlap")),
      figure(`Block of ${block.length} features`, matrixOf(matrix, "Overlaps of codes with each other"), [["", ...block.map((one) => explored.features[one])], ...matrix.map((row, i) => [explored.features[block[i]], ...row])])),
    explored.terms ? el("section", {}, el("h3", {}, `${readers.length.toLocaleString("en")} terms read it`), el("ul", { class: "list" }, readers.slice(0, 300).map((term) => el("li", {}, columnLink(explored, 0, term, go))))) : null,
  ];
}

/** One output: its inputs, its units, its margin, why it reads as it does, the closest wrong input known. */
export function outputPage(explored, state, go) {
  const output = explored.numbers.output.get(state.name);
  const run = explored.network.run(state.on);
  const last = explored.layers.length - 1;
  const threshold = explored.network.readout.thresholds[output];
  const reading = run.readings[output];
  const rows = explored.addedToReading(output, run.layers[last].values);
  const truth = explored.truth(state.on);
  const terms = explored.termsWhere((term) => explored.terms.output[term] === output);
  const shown = rows.slice(0, MOST).map(([unit, weight, part]) => [`${unitName(explored, last, unit)} × ${weight}`, part, () => go({ page: "unit", layer: last, unit })]);
  const plain = explored.layers.length === 1 && explored.layers[0].cap === Infinity && !explored.layers[0].squared;
  let byFeature = null;
  if (plain) {
    const { parts, rest } = explored.addedByFeature(output, state.on, run.layers[0].sums);
    const listed = state.on.map((feature, i) => [explored.features[feature], parts[i], () => go({ page: "feature", name: explored.features[feature] })]);
    listed.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    listed.push(["biases of these units", rest]);
    byFeature = figure("Why: what features add, through units above their bend", barsOf(listed, "Parts of the reading by feature"), [["feature", "added"], ...listed.map(([name, added]) => [name, added])]);
  }
  const told = el("p", { "aria-live": "polite" });
  const closest = button("Look for its closest wrong input", () => {
    const source = random(output + 1);
    const end = performance.now() + 1500;
    let best = null;
    let tried = 0;
    for (; tried < TRIES && performance.now() < end; tried += 1) {
      const own = terms.length && source.uniform() < 0.5 ? terms[source.below(terms.length)] : undefined;
      const on = explored.drawn(source, own);
      const distance = explored.network.run(on).readings[output] - threshold;
      const margin = explored.truth(on).includes(output) ? distance : -distance;
      if (!best || margin < best.margin) best = { on, margin };
      if (margin < 0) break;
    }
    told.replaceChildren(best.margin < 0 ? "It is wrong on " : `None of ${tried.toLocaleString("en")} was wrong; the closest, by ${Number(best.margin.toPrecision(3))}, is `,
      button(best.on.map((feature) => explored.features[feature]).join(" + "), () => go({ on: best.on })));
  });
  return [
    el("h2", {}, state.name),
    tableOf([["", "now"], ["reading", reading], ["threshold", threshold], ["margin", reading - threshold], ["the network says", run.on.includes(output) ? "on" : "off"], ["the circuit says", truth ? (truth.includes(output) ? "on" : "off") : "unknown"]]),
    figure("Why: what its units add to the reading", barsOf(shown, "Parts of the reading, largest first"), [["unit", "weight", "added"], ...rows]),
    byFeature,
    explored.circuit ? el("section", {}, closest, told) : null,
    explored.terms ? el("section", {}, el("h3", {}, terms.length === 1 ? "It is on when this term is satisfied" : `It is on when any of ${terms.length.toLocaleString("en")} terms is satisfied`), el("ul", { class: "list" }, terms.slice(0, 300).map((term) => el("li", {}, columnLink(explored, 0, term, go))))) : null,
  ];
}

/** All layers: their sizes, how many things units serve, and what is active now. */
export function layersPage(explored, state, go) {
  const run = explored.network.run(state.on);
  const about = explored.network.about.provenance;
  const rows = explored.layers.map((layer, number) => {
    const values = run.layers[number].values.subarray(0, layer.bias.length);
    return [`layer ${number}`, layer.bias.length, layer.carried.length, values.filter((value) => value > 0).length];
  });
  return [
    el("h2", {}, about.source),
    el("p", {}, `${about.construction}, seed ${about.seed}: ${explored.features.length.toLocaleString("en")} features in ${explored.network.about.dimensions.toLocaleString("en")} dimensions, ${explored.outputs.length.toLocaleString("en")} outputs, at most ${about.active} features on.`),
    tableOf([["", "units", "carried", "active now"], ...rows]),
    ...explored.layers.map((layer, number) => {
      const values = run.layers[number].values;
      const loads = explored.columns?.[number].served.map((served) => served.length);
      return el("div", { class: "columns" },
        figure(`Layer ${number}: values now`, unitsOf(values, `Values of layer ${number}`, (unit) => go({ page: "unit", layer: number, unit })), [["unit", "value"], ...Array.from(values, (value, unit) => [unit, value])]),
        loads ? figure(`Layer ${number}: ${explored.terms ? "terms" : "wires"} per unit`, histogram(loads, "served by one unit"), [["unit", "served"], ...loads.map((load, unit) => [unit, load])]) : null);
    }),
  ];
}

/** Two networks on the same input: where they differ, and how far their margins are apart. */
export function comparePage(explored, state, go) {
  const { other } = explored;
  if (!other) return [el("p", {}, "There is one network only. polyseme explore NET --beside OTHER shows two.")];
  const [first, second] = [explored.network.run(state.on), other.network.run(state.on.map((feature) => other.numbers.feature.get(explored.features[feature])))];
  const pairs = explored.outputs.map((name, output) => [name, output, other.numbers.output.get(name)]).filter(([, , there]) => there !== undefined);
  const margins = pairs.map(([name, here, there]) => [name, first.readings[here] - explored.network.readout.thresholds[here], second.readings[there] - other.network.readout.thresholds[there]]);
  const on = (margin) => (margin >= 0 ? "on" : "off");
  const differ = margins.filter(([, here, there]) => on(here) !== on(there));
  const shown = [...margins].filter(([, here, there]) => Number.isFinite(here) && Number.isFinite(there)).sort((a, b) => Math.max(b[1], b[2]) - Math.max(a[1], a[2])).slice(0, NEAREST);
  const sizes = (one) => [one.layers.map((layer) => layer.bias.length.toLocaleString("en")).join(", "), one.network.about.provenance.construction, one.network.about.provenance.active];
  const listed = [...differ.slice(0, MOST), ...shown.filter((row) => !differ.includes(row))];
  return [
    el("h2", {}, "Two networks on this input"),
    tableOf([["", "this one", "the other"], ...["units per layer", "construction", "features on at most"].map((words, i) => [words, sizes(explored)[i], sizes(other)[i]])]),
    el("p", { class: "verdict" }, differ.length ? `They differ on ${differ.length.toLocaleString("en")} of ${pairs.length.toLocaleString("en")} outputs.` : `They agree on all ${pairs.length.toLocaleString("en")} outputs.`),
    figure("This one: readings minus thresholds", barsOf(listed.map(([name, here]) => [name, here, () => go({ page: "output", name })]), "Margins of this network"), [["output", "this one", "the other"], ...margins]),
    figure("The other: readings minus thresholds", barsOf(listed.map(([name, , there]) => [name, there]), "Margins of the other network")),
  ];
}
