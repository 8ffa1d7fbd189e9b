// Part 1: six concepts, six neurons. The network is run, not imitated.

import { Kept } from "../address.js";
import { data } from "../data.js";
import { bytes, el, narrow, picture } from "../draw.js";
import { Network } from "../runner.js";

export function dream(place) {
  const network = new Network(bytes(data.dream.network));
  const kept = new Kept("dream", { on: [0] });
  const on = new Set(kept.list("on", network.features.map((_, i) => i)).map(Number));
  const [width, height, bottom] = [narrow() ? 420 : 720, 190, 128];
  const x = (i) => (width / 6) * (i + 0.5);
  const wires = network.features.map((_, i) => el("line", { x1: x(i), y1: 4, x2: x(i), y2: bottom - 30, "stroke-width": 3 }));
  const glow = network.features.map((_, i) => el("circle", { cx: x(i), cy: bottom, r: 40, class: "fill-on-soft" }));
  const neurons = network.features.map((_, i) => el("circle", { cx: x(i), cy: bottom, r: 28, "stroke-width": 2 }));
  const numbers = network.features.map((_, i) => el("text", { x: x(i), y: bottom + 6, "text-anchor": "middle", class: "strong big" }));
  const buttons = network.features.map((name, i) => el("button", {
    type: "button",
    click: () => { on.has(i) ? on.delete(i) : on.add(i); show(); },
  }, name));
  const told = el("p", { "aria-live": "polite" });
  place.append(
    el("div", { class: "six" }, buttons),
    picture(width, height, "Six concepts, each wired to a neuron of its own", wires, glow, neurons, numbers),
    told,
  );
  function show() {
    kept.set({ on: [...on].sort((a, b) => a - b) });
    const { layers, on: outputs } = network.run(on);
    network.features.forEach((name, i) => {
      const lit = layers[0].values[i] > 0;
      buttons[i].setAttribute("aria-pressed", on.has(i));
      wires[i].setAttribute("class", on.has(i) ? "stroke-on" : "stroke-faint");
      glow[i].setAttribute("opacity", lit ? 0.55 : 0);
      neurons[i].setAttribute("class", lit ? "fill-on stroke-on" : "fill-hair stroke-off");
      numbers[i].textContent = String(layers[0].values[i]);
      numbers[i].setAttribute("fill", lit ? "var(--sheet)" : "var(--soft)");
      numbers[i].setAttribute("class", "big");
      numbers[i].style.fill = lit ? "var(--sheet)" : "var(--soft)";
    });
    const names = outputs.map((output) => network.outputs[output]);
    told.textContent = names.length ? `The network says: ${names.join(", ")}.` : "The network says nothing: no concept is on.";
  }
  show();
}
