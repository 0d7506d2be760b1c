// The thumbnail's composer: the sketch follows the title, a photo is sent ahead.
import { form as composer } from "./composer.js";
import { Transfer } from "./transfer.js";

const form = () => (composer()?.elements.title ? composer() : null);

const STRONG = /\d|^(free|best|worst|secret|never|always|stop|new|fast|easy|ultimate|truth|why|how|top|win|money|ai)$/i;
const LONG = 28;
const MEGABYTE = 1024 * 1024;
const MAX_BYTES = 20 * MEGABYTE;
const BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
const UPLOADS = "/api/v1/uploads";
let photoAddress = "";
let transfer = null; // of the photo in the file field, until it is among the photos to choose from

const shortOf = (word) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

function drawTitle() {
  const typed = form().elements.title.value.trim();
  for (const plain of document.querySelectorAll("[data-sketch-plain]")) plain.textContent = typed || plain.dataset.sketchPlain;
  for (const sketch of document.querySelectorAll("[data-sketch-title]")) {
    const words = (typed || sketch.dataset.sketchTitle).split(/\s+/);
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a), "");
    const some = words.some((word) => STRONG.test(shortOf(word)));
    const isStrong = (word) => (some ? STRONG.test(shortOf(word)) : word === longest);
    sketch.replaceChildren(...words.flatMap((word) => {
      const node = document.createElement(isStrong(word) ? "mark" : "span");
      node.textContent = word;
      return [node, " "];
    }));
    sketch.parentElement.toggleAttribute("data-long", words.join(" ").length > LONG);
  }
  const count = document.querySelector("[data-title-count]");
  if (count) count.textContent = `${form().elements.title.value.length} of 120`;
}

function showPhoto(address) {
  for (const shown of document.querySelectorAll("[data-photo-shown]")) {
    shown.src = address || BLANK;
    shown.hidden = !address;
  }
}

function photoProblem(text) {
  const node = document.querySelector("[data-photo-problem]");
  node.hidden = !text;
  node.querySelector("[data-text]").textContent = text;
}

function takeFile(file) {
  const composer = form();
  const name = document.querySelector("[data-photo-name]");
  URL.revokeObjectURL(photoAddress);
  photoAddress = "";
  transfer?.cancel();
  transfer = null;
  photoProblem("");
  photoState("");
  if (!file) { name.textContent = name.dataset.photoName; showChosen(); return; }
  photoAddress = URL.createObjectURL(file);
  name.textContent = file.name;
  for (const radio of composer.querySelectorAll("[name=photo_id]")) radio.checked = false;
  showPhoto(photoAddress);
  send(file);
}

// The file stays in its field until its photo is known: an order that is quicker brings it along.
function send(file) {
  const mine = new Transfer(file, { address: UPLOADS, maxBytes: MAX_BYTES, changed: (one) => { if (one === transfer) follow(one); } });
  transfer = mine;
  follow(mine);
  if (!mine.hasEnded) mine.send();
}

function follow({ state, text, name, photo }) {
  if (state === "refused") {
    const said = `${name}: ${text}`;
    form().elements.photo.value = "";
    takeFile(null);
    photoProblem(said);
    return;
  }
  if (state === "failed") { photoState("It is sent with your order."); return; }
  photoState(state === "sending" ? `Sending, ${text}` : text);
  if (state !== "clean" || !photo) return;
  transfer = null;
  form().elements.photo.value = "";
  takeFile(null);
  photoState(text);
  offer(photo, name);
}

function offer(photo, name) {
  const choices = document.getElementById("photo-choices");
  choices.querySelector(`[value="${photo.id}"]`)?.closest("label").remove();
  const choice = document.getElementById("photo-choice").content.firstElementChild.cloneNode(true);
  const radio = choice.querySelector("input");
  radio.value = photo.id;
  radio.dataset.address = photo.url;
  choice.querySelector("img").src = photo.url;
  choice.querySelector("img").alt = name;
  choices.prepend(choice);
  choices.querySelector("[data-no-photo]").hidden = false;
  radio.checked = true;
  showChosen();
}

function photoState(text) {
  document.querySelector("[data-photo-state]").textContent = text;
}

function showChosen() {
  const chosen = form().querySelector("[name=photo_id]:checked");
  showPhoto(photoAddress || chosen?.dataset.address || "");
}

function give(files) {
  const [file] = files;
  if (!file) return;
  const carrier = new DataTransfer();
  carrier.items.add(file);
  form().elements.photo.files = carrier.files;
  takeFile(file);
}

document.addEventListener("input", (event) => {
  if (form() && event.target.form === form() && event.target.name === "title") drawTitle();
});

document.addEventListener("change", (event) => {
  if (!form() || event.target.form !== form()) return;
  if (event.target.name === "photo") takeFile(event.target.files[0]);
  if (event.target.name === "photo_id") {
    form().elements.photo.value = "";
    takeFile(null);
  }
});

document.addEventListener("paste", (event) => {
  if (form() && event.clipboardData?.files.length) give(event.clipboardData.files);
});

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const zone = form() && event.target.closest?.("#composer [data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.toggleAttribute("data-over", name === "dragover");
    if (name === "drop") give(event.dataTransfer.files);
  });
}

document.addEventListener("htmx:after:swap", (event) => {
  if (!form() || event.detail.ctx?.sourceElement !== form()) return;
  // An upload that the server kept is among the photos now; it need not be sent again.
  if (form().querySelector("[name=photo_id]:checked")?.value && form().elements.photo.files.length) {
    form().elements.photo.value = "";
    takeFile(null);
  }
  drawTitle();
  showChosen();
});

if (form()) { drawTitle(); showChosen(); }
