// Draws the charts: each is asked for in the size and the mode that it is shown in.
"use strict";

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  const tooltip = { disableDefaultStyle: true, id: "vg-tooltip-element" };
  const views = new Map(), asked = new Map();

  async function draw(place) {
    const width = Math.max(160, Math.floor(place.clientWidth) - 96);
    const size = `${width}/${theme()}`;
    if (asked.get(place) === size) return;
    asked.set(place, size);
    const address = new URL(place.dataset.chart, location.origin);
    address.searchParams.set("width", width);
    address.searchParams.set("height", place.dataset.height);
    address.searchParams.set("mode", theme());
    const answer = await fetch(address);
    if (!answer.ok) return;
    const options = { ast: true, renderer: "canvas", actions: false, defaultStyle: false, tooltip };
    const result = await vegaEmbed(place, await answer.json(), options);
    views.get(place)?.finalize();
    views.set(place, result.view);
    place.dataset.drawn = size;
    if (place.dataset.explain) result.view.addEventListener("click", (event, item) => go(place, item?.datum));
  }

  // A bar, point or cell leads to the accounts behind its number.
  function go(place, datum) {
    const period = datum?.key ?? datum?.period ?? datum?.start;
    if (period === undefined) return;
    const day = String(period);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return;
    const address = new URL(place.dataset.explain, location.origin);
    address.searchParams.set("period", day);
    location.assign(address);
  }

  const all = () => [...document.querySelectorAll("[data-chart]")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  const watch = () => all().filter((place) => !place.dataset.drawn).forEach((place) => seen.observe(place));
  watch();
  addEventListener("arrived", watch);

  let waiting;
  const again = () => { clearTimeout(waiting); waiting = setTimeout(() => all().filter((one) => one.dataset.drawn).forEach(draw), 200); };
  addEventListener("resize", again);
  dark.addEventListener("change", again);
})();
