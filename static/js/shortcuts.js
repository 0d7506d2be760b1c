// Shortcuts of one key, or of G and another. They rest while somebody types, and can be switched off.
import { commandOf, openPalette, run, startsACommand } from "./palette.js";

const KEPT_AS = "visiona.shortcuts";
const CHORD = 1500; // milliseconds in which the second key counts
const TYPED_INTO = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])";
const APPLE = /mac|iphone|ipad/i;

let started = "";
let timer = 0;
let off = kept() === "off"; // where nothing can be kept, it lasts as long as the page

function kept() {
  try { return localStorage.getItem(KEPT_AS); } catch { return null; }
}

function keep(value) {
  off = value === "off";
  try { localStorage.setItem(KEPT_AS, value); } catch { /* the browser keeps nothing for us */ }
}

// For keys that only one page has: `if (isShortcut(event)) …`
export function isShortcut(event) {
  if (off || event.defaultPrevented || event.isComposing || event.repeat) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return !event.target.closest?.(TYPED_INTO) && !document.querySelector("dialog:modal");
}

function forget() {
  clearTimeout(timer);
  started = "";
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else openPalette();
}

document.addEventListener("keydown", (event) => {
  if (!isShortcut(event)) return;
  const key = event.key.toLowerCase();
  const command = commandOf(started ? `${started} ${key}` : key);
  const starts = !started && startsACommand(key);
  if (key !== "shift") forget();
  if (command) run(command);
  else if (key === "/") search();
  else if (starts) {
    started = key;
    timer = setTimeout(forget, CHORD);
    return;
  } else return;
  event.preventDefault();
});

const choice = document.getElementById("shortcuts-on");
if (choice) {
  choice.checked = !off;
  choice.addEventListener("change", () => keep(choice.checked ? "on" : "off"));
}

if (APPLE.test(navigator.platform)) {
  for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘";
}
