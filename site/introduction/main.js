// The machines of the page: each is fetched and set up when its part comes near.

import { link, part } from "./address.js";

document.querySelector(".idle").remove();

// The part that the address leads to. Machines above it make the page longer when they are set up, so it is
// shown again after each, until the reader moves by himself.
let wanted = part();
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, () => { wanted = ""; }, { passive: true });
addEventListener("hashchange", () => { wanted = part(); settle(); });

function settle() {
  document.getElementById(wanted)?.scrollIntoView({ behavior: "instant" });
}

/** Return a button that copies the address of a machine as it stands. */
function copying(name) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = "Copy a link to this";
  made.addEventListener("click", async () => {
    const address = link(name);
    history.replaceState(null, "", address);
    try {
      await navigator.clipboard.writeText(address);
      made.textContent = "Copied";
    } catch {
      made.textContent = "It is in the address bar";
    }
    setTimeout(() => { made.textContent = "Copy a link to this"; }, 2500);
  });
  return made;
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    const caption = target.querySelector("figcaption");
    const place = document.createElement("div");
    target.insertBefore(place, caption);
    const name = target.dataset.machine;
    import(`./parts/${name}.js`).then((module) => module[name](place)).then(() => {
      caption.append(" ", copying(name));
      target.dataset.ready = "yes";
      settle();
    });
  }
}, { rootMargin: "900px 0px" });

for (const figure of document.querySelectorAll("figure.machine")) near.observe(figure);

settle();

const theme = document.querySelector(".theme");
const dark = () => getComputedStyle(document.documentElement).colorScheme === "dark"
  || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  document.dispatchEvent(new Event("theme"));
});
