// What a chart's marks say, beside the pointer. Without script the tables say the same.
const said = document.getElementById("said");
function show(event) {
  const mark = event.target.closest && event.target.closest("figure svg [aria-label]");
  if (!mark || mark.tagName === "g") { said.hidden = true; return; }
  said.textContent = mark.getAttribute("aria-label");
  said.hidden = false;
  const room = document.documentElement.clientWidth - said.offsetWidth - 8;
  said.style.left = Math.max(8, Math.min(event.clientX + 14, room)) + "px";
  said.style.top = Math.max(8, event.clientY - said.offsetHeight - 12) + "px";
}
document.addEventListener("pointermove", show);
document.addEventListener("pointerdown", show);
document.addEventListener("scroll", () => { said.hidden = true; }, {passive: true});
