// The command palette: Ctrl K or Cmd K opens it, typing filters it, arrows choose, Enter does.
const palette = document.getElementById("palette");
const input = palette?.querySelector("[role=combobox]");
const options = palette ? [...palette.querySelectorAll("[role=option]")] : [];
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

const shown = () => options.filter((option) => !option.hidden);
const chosen = () => options.find((option) => option.getAttribute("aria-selected") === "true");

export function show(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

export function run({ dataset }) {
  if (dataset.opens) show(document.getElementById(dataset.opens));
  else if (dataset.press) document.querySelector(dataset.press)?.click();
  else go(dataset.href);
}

function go(address) {
  const there = new URL(address, location.href);
  const field = there.hash && there.pathname === location.pathname && document.querySelector(there.hash);
  if (field) field.focus();
  else location.assign(there);
}

export function commandOf(keys) {
  return options.find((option) => option.dataset.keys === keys);
}

export function startsACommand(key) {
  return options.some((option) => option.dataset.keys?.startsWith(`${key} `));
}

export function openPalette() {
  if (!palette || document.querySelector("dialog:modal")) return;
  input.value = "";
  filter();
  show(palette);
}

function choose(option) {
  for (const one of options) one.setAttribute("aria-selected", String(one === option));
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function filter() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const option of options) {
    const text = `${option.querySelector("span").textContent} ${option.dataset.words}`.toLowerCase();
    option.hidden = !words.every((word) => text.includes(word));
  }
  const [first] = shown();
  palette.querySelector("[data-none]").hidden = Boolean(first);
  choose(first);
}

function step(by) {
  const all = shown();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

function take(option) {
  if (!option) return;
  palette.close();
  run(option);
}

input?.addEventListener("input", filter);
input?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key in STEPS) step(STEPS[event.key]);
  else if (event.key === "Home" && !input.value) choose(shown()[0]);
  else if (event.key === "End" && !input.value) choose(shown().at(-1));
  else if (event.key === "Enter") take(chosen());
  else return;
  event.preventDefault();
});
palette?.addEventListener("click", (event) => take(event.target.closest("[role=option]")));
palette?.addEventListener("pointermove", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && option !== chosen()) choose(option);
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  if (!palette) return;
  event.preventDefault();
  if (palette.open) palette.close();
  else openPalette();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-palette]")) openPalette();
});
