// Part 2: what fires a neuron of the airports network.

import { Kept } from "../address.js";
import { airports } from "../airports.js";
import { axes, button, canvas, colour, el, narrow, picture, scale, slider, wide } from "../draw.js";

const FIRST = 1200;
const [WIDTH, HEIGHT] = [880, 400];

export async function polysemantic(place) {
  const world = await airports("proved");
  const { places } = world;
  const last = world.served.length - 1;
  const kept = new Kept("polysemantic", { neuron: FIRST, told: "no" });
  let [neuron, revealed, sums] = [kept.index("neuron", last + 1), kept.choice("told", ["yes"]) === "yes", null];
  const lit = () => world.served[neuron];
  const where = (i) => [((places.longitude[i] + 180) / 360) * WIDTH, ((80 - places.latitude[i]) / 140) * HEIGHT];
  const map = canvas(WIDTH, HEIGHT, "Map of all airports, with those that fire this neuron lit", (pen) => {
    pen.fillStyle = colour("off");
    pen.globalAlpha = 0.8;
    for (let i = 0; i < world.count; i += 1) { const [x, y] = where(i); pen.fillRect(x - 0.7, y - 0.7, 1.4, 1.4); }
    pen.globalAlpha = 1;
    for (const fact of lit()) {
      const [x, y] = where(world.airport[fact]);
      pen.beginPath(); pen.arc(x, y, 10, 0, 7); pen.fillStyle = colour("on"); pen.globalAlpha = 0.22; pen.fill();
      pen.beginPath(); pen.arc(x, y, 4, 0, 7); pen.globalAlpha = 1; pen.fill();
    }
  });
  const told = el("p", { class: "verdict", "aria-live": "polite" });
  const list = el("ul", { class: "list" });
  const strip = el("div");
  const guesses = ["Places by the sea", "Cold countries", "One airline's network", "Nothing in common"]
    .map((words) => button(words, () => { revealed = true; show(words); }));
  const guess = el("div", { class: "controls" }, el("span", {}, "What do the lit airports have in common?"), guesses);
  const knob = slider({ label: `Neuron (of ${(last + 1).toLocaleString("en")})`, min: 0, max: last, value: neuron, input: (value) => { neuron = value; sums = null; show(); } });
  const more = button("Another neuron", () => { revealed = true; knob.set(Math.floor(Math.random() * (last + 1))); });
  place.append(map.element, guess, el("div", { class: "controls" }, knob.element, more), told, strip, list);
  function show(guessed) {
    kept.set({ neuron, told: revealed ? "yes" : "no" });
    sums ??= world.sums(neuron);
    map.repaint();
    guess.hidden = revealed;
    const facts = lit();
    const asked = [...new Set(facts.map((fact) => world.relations[world.relation[fact]]))].join(", ");
    const objects = new Set(facts.map((fact) => world.output[fact])).size;
    const words = facts.length
      ? `It serves ${facts.length} facts with ${objects} different answers, when the question is: ${asked}?`
      : "This neuron serves no fact at all.";
    const reply = guessed === undefined ? "" : guessed === "Nothing in common" ? "Right. " : "No. ";
    told.textContent = revealed ? `${reply}${words}` : `${facts.length} lit of ${world.count.toLocaleString("en")} airports.`;
    list.replaceChildren(...(revealed ? facts.slice(0, 60).map((fact) => el("li", {}, el("b", {}, places.code[world.airport[fact]]), ` ${world.object(world.output[fact])}`)) : []));
    strip.replaceChildren(drawn(world, sums, new Set(facts)));
  }
  show();
}

/** Return the sums of all facts: those that the neuron serves above the bend, all others below. */
function drawn(world, sums, own) {
  const [width, height, base] = [wide(), 170, 130];
  let [low, high] = [0, 0];
  for (const sum of sums) { low = Math.min(low, sum); high = Math.max(high, sum); }
  const x = scale([low * 1.03, Math.max(high, -low * 0.2) * 1.05], [20, width - 20]);
  const bars = Math.round(width / 8);
  const [others, mine] = [new Float64Array(bars), new Float64Array(bars)];
  sums.forEach((sum, fact) => { (own.has(fact) ? mine : others)[Math.min(bars - 1, Math.floor(((x(sum) - 20) / (width - 40)) * bars))] += 1; });
  const tall = (count) => (count ? 8 + 92 * (Math.log10(count) / Math.log10(world.facts)) : 0);
  const step = (width - 40) / bars;
  const draw = (counts, name) => Array.from(counts, (count, i) => count
    ? el("rect", { x: 20 + i * step, y: base - tall(count), width: step - 1, height: tall(count), class: name }) : null);
  return picture(width, height, "The neuron's sum before its bend, for every fact",
    draw(others, "fill-off"), draw(mine, "fill-on"),
    axes({ x, y: null, box: [20, 10, width - 20, base] }),
    el("line", { x1: x(0), x2: x(0), y1: 12, y2: base + 6, class: "stroke-ink", "stroke-dasharray": "3 3" }),
    el("text", { x: x(0) - 8, y: 22, "text-anchor": "end" }, "silent: the sum is below 0"),
    el("text", { x: x(0) + 8, y: 22, class: "text-on" }, "fires"),
    el("text", { x: 20, y: base + 24 }, narrow() ? `all ${world.facts.toLocaleString("en")} facts` : `the sum of all ${world.facts.toLocaleString("en")} facts, heights by logarithm`),
    el("text", { x: width - 20, y: base + 24, "text-anchor": "end", class: "text-on" }, `${own.size} facts of its own`));
}
