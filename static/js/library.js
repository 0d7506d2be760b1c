// The library: choose many at once, keep the stars of a picture the same everywhere, keep the focus.
import { isShortcut } from "./shortcuts.js";
import { say } from "./say.js";

let last = null; // the box that a range begins from
let acted = ""; // the place of the picture that was just deleted or restored

const shots = () => document.querySelector("[data-shots]");
const boxes = () => [...(shots()?.querySelectorAll("[name=ids]") ?? [])];
const modeButton = () => document.querySelector("[data-select-mode]");
const isChoosing = () => Boolean(shots()?.hasAttribute("data-selecting")) || boxes().some((box) => box.checked);

function setMode(on) {
  shots()?.toggleAttribute("data-selecting", on);
  modeButton()?.setAttribute("aria-pressed", String(on));
}

function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  const words = chosen === 1 ? "1 result chosen" : `${chosen} results chosen`;
  const node = document.querySelector("[data-chosen-count]");
  if (!node || node.textContent === words) return;
  node.textContent = words;
  say(words);
}

function choose(box, checked, range) {
  const all = boxes();
  const from = range && last ? all.indexOf(last) : -1;
  const at = all.indexOf(box);
  const [low, high] = from < 0 ? [at, at] : [Math.min(from, at), Math.max(from, at)];
  for (const one of all.slice(low, high + 1)) one.checked = checked;
  last = box;
  count();
}

function chooseAll(checked) {
  for (const box of boxes()) box.checked = checked;
  if (!checked) setMode(false);
  count();
}

// In capture: a click on a picture means it is chosen, before the lightbox hears of it.
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[name=ids]");
  if (box && shots()?.contains(box)) { choose(box, box.checked, event.shiftKey); return; }
  const link = event.target.closest?.("[data-shots] a[data-shot]");
  const mine = link?.parentElement.querySelector("[name=ids]");
  if (!mine || !(isChoosing() || event.shiftKey) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  choose(mine, event.shiftKey || !mine.checked, event.shiftKey);
}, { capture: true });

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-select-mode]")) {
    const on = !isChoosing();
    if (on) setMode(true);
    else chooseAll(false);
  }
});

document.addEventListener("reset", (event) => {
  if (event.target.id === "chosen") requestAnimationFrame(() => chooseAll(false));
});

document.addEventListener("keydown", (event) => {
  if (!shots() || document.querySelector(".pswp")) return;
  const isAll = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
  if (isAll && !event.target.closest("input:not([type=checkbox], [type=radio]), textarea")) {
    event.preventDefault();
    setMode(true);
    chooseAll(true);
  } else if (event.key === "Escape" && isChoosing() && !event.defaultPrevented) chooseAll(false);
  else if (event.key === "Delete" && isShortcut(event) && boxes().some((box) => box.checked)) {
    event.preventDefault();
    document.querySelector("#chosen [data-act]").click();
  }
});

document.addEventListener("visiona:starred", (event) => {
  const { id, starred } = event.detail;
  for (const form of document.querySelectorAll(`[data-star-of="${CSS.escape(id)}"]`)) {
    form.elements.starred.value = starred ? "0" : "1";
    form.querySelector("button").setAttribute("aria-pressed", String(starred));
  }
  say(starred ? "Starred" : "Star taken away");
});

// The cards of jobs show what their jobs made: without what is in the bin.
document.addEventListener("visiona:assets", (event) => {
  setMode(false);
  count();
  for (const id of event.detail.jobs) {
    const card = document.getElementById(`job-${id}`);
    if (card) htmx.ajax("GET", card.dataset.address, { target: card, swap: "outerMorph" });
  }
});

document.addEventListener("htmx:before:request", (event) => {
  acted = event.detail.ctx.sourceElement?.closest?.(".shot")?.id ?? "";
});
// A button that was pressed is gone with its card: its way back is the next thing to have in hand.
document.addEventListener("htmx:after:swap", () => {
  if (!acted || document.activeElement !== document.body) return;
  document.querySelector(`#${CSS.escape(acted)} :is(button, a)`)?.focus({ preventScroll: true });
  acted = "";
});
