// Copy what a field or a block of code holds; without this module its text can still be selected.
import { say } from "./say.js";

const SHOWN = 2000;

function words(button, text) {
  const node = button.querySelector("[data-copy-words]");
  node.dataset.was ??= node.textContent;
  node.textContent = text;
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = setTimeout(() => { node.textContent = node.dataset.was; }, SHOWN);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    words(button, "Copied");
    say("Copied");
  } catch {
    select(source);
    say("Selected. Copy it with your keyboard.");
  }
});

function select(source) {
  if (source.select) { source.focus(); source.select(); return; }
  getSelection().selectAllChildren(source);
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-select]")) event.target.select();
});
