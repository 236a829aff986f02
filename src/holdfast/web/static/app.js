// What pages do beyond links and forms. Everything works without it but the charts.
"use strict";

const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// `/` goes to the search, Escape closes what is open.
addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  }
  if (event.key === "Escape") {
    for (const open of $$("details[open]:has(> .pop)")) {
      open.open = false;
      if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    }
    hideFound();
  }
});
addEventListener("click", (event) => {
  for (const open of $$("details[open]:has(> .pop)")) if (!open.contains(event.target)) open.open = false;
  if (!event.target.closest(".search")) hideFound();
});

// Controls: choosing is asking. Empty values do not lengthen the address.
for (const form of $$("form[data-controls]")) {
  form.addEventListener("change", (event) => {
    if (event.target.closest(".pop")) return;
    if (event.target.matches("[data-range]")) setRange(form, event.target.value);
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    for (const one of form.elements) if (one.name && (!one.value || one.name === "range")) one.disabled = true;
  });
  addEventListener("pageshow", () => { for (const one of form.elements) one.disabled = false; });
}
function setRange(form, value) {
  const [start, end] = value.split("/");
  form.elements.from.value = start;
  form.elements.to.value = end;
}

// Search as one types: arrows choose, Enter goes there, Escape closes.
const search = document.getElementById("search"), found = document.getElementById("found");
let asked = 0;
function hideFound() {
  if (!found) return;
  found.hidden = true;
  search.setAttribute("aria-expanded", "false");
  search.removeAttribute("aria-activedescendant");
}
search?.addEventListener("input", async () => {
  const mine = ++asked, text = search.value.trim();
  if (!text) return hideFound();
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked) return;
  const answer = await fetch(`/search?part=1&q=${encodeURIComponent(text)}`);
  if (mine !== asked || !answer.ok) return;
  found.innerHTML = await answer.text();  // made by our own template, escaped there
  found.hidden = false;
  search.setAttribute("aria-expanded", "true");
  search.removeAttribute("aria-activedescendant");
});
search?.addEventListener("keydown", (event) => {
  const links = $$("a", found), at = links.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (!["ArrowDown", "ArrowUp", "Enter"].includes(event.key) || found.hidden || !links.length) return;
  if (event.key === "Enter" && at < 0) return;
  event.preventDefault();
  if (event.key === "Enter") return links[at].click();
  links[at]?.setAttribute("aria-selected", "false");
  const next = links[(at + (event.key === "ArrowDown" ? 1 : links.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % links.length];
  next.setAttribute("aria-selected", "true");
  search.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
});

// Parts that were not ready when the page was sent: asked for until they are.
async function fetchLater(place) {
  const body = place.querySelector("[data-later-body]") ?? place;
  for (let turn = 0; turn < 40; turn++) {
    const answer = await fetch(place.dataset.later);
    if (answer.status === 429) {
      await new Promise((done) => setTimeout(done, 5000));
      continue;
    }
    if (!answer.ok) break;
    const made = await answer.text();  // made by our own template, escaped there
    if (made.includes("data-pending")) continue;
    body.innerHTML = made;
    place.setAttribute("aria-busy", "false");
    dispatchEvent(new Event("arrived"));
    return;
  }
  place.setAttribute("aria-busy", "false");
}
for (const place of $$("[data-later]")) fetchLater(place);

// A page that is not ready yet: asked for until it is, and then shown.
async function follow(place) {
  for (;;) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", Prefer: "wait=2" } }).catch(() => null);
    if (answer?.status !== 202) break;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-making]");
    if (next) place.replaceChildren(...next.children);
  }
  location.reload();
}
for (const place of $$("[data-making]")) follow(place);

// Copying, and filtering a list that is already there.
for (const button of $$("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1600);
  });
}
for (const field of $$("[data-filter]")) {
  const list = document.querySelector(field.dataset.filter), none = document.querySelector("[data-filter-none]");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const one of $$("[data-filter-text]", list)) one.hidden = !one.dataset.filterText.toLowerCase().includes(wanted);
    for (const group of $$("[data-filter-group]", list)) group.hidden = !group.querySelector("[data-filter-text]:not([hidden])");
    if (none) none.hidden = Boolean(list.querySelector("[data-filter-text]:not([hidden])"));
  });
}

// Forms that ask before they do something that cannot be taken back.
addEventListener("submit", (event) => {
  const { sure, sureOf } = event.target.dataset;
  const field = sureOf && document.querySelector(sureOf);
  if (sure && (!field || field.value !== field.defaultValue) && !confirm(sure)) event.preventDefault();
});

// What is shown once is there to be copied.
addEventListener("focusin", (event) => { if (event.target.matches("[data-select]")) event.target.select(); });

// Parts of a page that change by themselves are brought up to date as long as somebody looks.
for (const part of $$("[data-refresh]")) {
  setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    const answer = await fetch(part.dataset.refresh).catch(() => null);
    if (!answer) return;
    if (answer.redirected) return location.reload();
    if (!answer.ok) return;
    part.innerHTML = await answer.text();  // made by our own template, escaped there
    if (part.querySelector("[data-over]")) location.reload();
  }, 1000 * part.dataset.every);
}

// A file that is dragged onto a form is chosen in it, and sent.
document.documentElement.classList.add("script");
for (const form of $$("form[data-drop]")) {
  const over = (on) => (event) => { event.preventDefault(); form.classList.toggle("over", on); };
  form.addEventListener("dragover", over(true));
  form.addEventListener("dragleave", over(false));
  form.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    form.querySelector("input[type=file]").files = event.dataTransfer.files;
    form.requestSubmit();
  });
  form.addEventListener("submit", () => { form.setAttribute("aria-busy", "true"); });
}
