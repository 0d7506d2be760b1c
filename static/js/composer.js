// The studio's composer, whatever it orders: a second click does nothing, a problem gets the focus.
import { isWaitingForPhotos } from "./picker.js";

const ACCEPTED = 202;
export const form = () => document.getElementById("composer");

// What is typed stands in the sketch too.
function echo(field) {
  for (const place of document.querySelectorAll(`[data-echo="${CSS.escape(field.id)}"]`)) {
    place.textContent = field.value.trim() || place.dataset.else;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.id && event.target.form === form()) echo(event.target);
});

document.addEventListener("change", (event) => {
  if (!form() || event.target.form !== form()) return;
  form().querySelector("[data-refusal]")?.remove(); // it was about the order as it stood
});

document.addEventListener("click", (event) => {
  const example = event.target.closest?.("[data-example]");
  const field = example && form().querySelector("[data-first], #id_prompt");
  if (!field) return;
  field.value = example.textContent;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form === form()) {
    event.preventDefault();
    form()?.requestSubmit(document.getElementById("generate"));
  }
});

// A second click while the first is under way must not even reach the server.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (sourceElement !== form()) return;
  if (sourceElement.hasAttribute("data-sending") || isWaitingForPhotos(sourceElement)) event.preventDefault();
  else sourceElement.setAttribute("data-sending", "");
});
document.addEventListener("htmx:finally:request", (event) => {
  event.detail.ctx.sourceElement.removeAttribute?.("data-sending");
});
document.addEventListener("htmx:after:swap", (event) => {
  const composer = form();
  const { sourceElement, response } = event.detail.ctx ?? {};
  if (!composer || sourceElement !== composer) return;
  for (const field of composer.elements) if (field.id) echo(field);
  if (response?.status === ACCEPTED) {
    document.querySelector("#results > :first-child")?.scrollIntoView({ block: "nearest" });
  }
  // Put the person where the problem is, or where the better words are.
  composer.querySelector('[aria-invalid="true"], [autofocus]')?.focus();
});
