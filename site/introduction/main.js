// The machines of the page: each is set up when its part comes near.

import { dream } from "./parts/dream.js";
import { polysemantic } from "./parts/polysemantic.js";
import { room } from "./parts/room.js";
import { toy } from "./parts/toy.js";
import { holding } from "./parts/holding.js";
import { telegram } from "./parts/telegram.js";
import { construction } from "./parts/construction.js";
import { tight } from "./parts/tight.js";
import { breaking } from "./parts/breaking.js";
import { apart } from "./parts/apart.js";
import { model } from "./parts/model.js";
import { unknown } from "./parts/unknown.js";

const MACHINES = { dream, polysemantic, room, toy, holding, telegram, construction, tight, breaking, apart, model, unknown };

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    const caption = target.querySelector("figcaption");
    const place = document.createElement("div");
    target.insertBefore(place, caption);
    Promise.resolve(MACHINES[target.dataset.machine](place)).then(() => { target.dataset.ready = "yes"; });
  }
}, { rootMargin: "900px 0px" });

for (const figure of document.querySelectorAll("figure.machine")) near.observe(figure);

const theme = document.querySelector(".theme");
const dark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
  || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  document.dispatchEvent(new Event("theme"));
});
