// The machines of the page: each is fetched and set up when its part comes near.

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    const caption = target.querySelector("figcaption");
    const place = document.createElement("div");
    target.insertBefore(place, caption);
    const name = target.dataset.machine;
    import(`./parts/${name}.js`).then((part) => part[name](place)).then(() => { target.dataset.ready = "yes"; });
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
