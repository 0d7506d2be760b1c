// The photos of a clone: those that arrive are chosen, and the step waits for those on their way.
import { say } from "./say.js";

const form = () => document.querySelector("[data-clone-photos]");
let isPending = false; // the next step, until the photos on their way have arrived

function tell(text) {
  const place = form()?.querySelector("[data-photos-state]");
  if (place) place.textContent = text;
}

// The server judges the set as soon as it knows of the choice.
function choose(id) {
  const known = form().querySelector(`[name=photo_ids][value="${CSS.escape(id)}"]`);
  if (known) known.checked = true;
  else {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "photo_ids", value: id });
    form().querySelector("#set").append(field);
  }
}

document.addEventListener("visiona:photo", (event) => {
  if (form()?.contains(event.target)) choose(event.detail.photo.id);
});
document.addEventListener("visiona:photos", () => {
  if (form()) document.dispatchEvent(new CustomEvent("visiona:chosen"));
});

document.addEventListener("submit", (event) => {
  if (event.target !== form() || !form().querySelector("v-uploader")?.isBusy) return;
  event.preventDefault();
  isPending = true;
  tell("Goes on by itself as soon as your photos have arrived.");
});
document.addEventListener("visiona:settled", (event) => {
  if (!isPending || !form()?.contains(event.target)) return;
  isPending = false;
  if (event.detail.lost) { tell("Not all photos could be taken. Press the button again to go on without them."); return; }
  form().requestSubmit();
});
document.addEventListener("htmx:after:swap", () => {
  const title = form() && document.getElementById("set-title");
  if (title) say(title.textContent);
});

// What the chosen pictures of a pack cost to make again.
document.addEventListener("change", (event) => {
  const redo = event.target.closest?.("[data-redo]");
  if (!redo) return;
  const count = redo.querySelectorAll("[name=shots]:checked").length;
  const each = Number(redo.dataset.each);
  redo.querySelector("[data-redo-price]").textContent = count ? `${count * each} credits` : `${each} credits each`;
});
