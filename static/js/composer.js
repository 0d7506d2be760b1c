// The studio's composer: the sketch follows the title, a chosen photo is shown, a second click does nothing.
const STRONG = /\d|^(free|best|worst|secret|never|always|stop|new|fast|easy|ultimate|truth|why|how|top|win|money|ai)$/i;
const LONG = 28;
const form = () => document.getElementById("composer");
const ACCEPTED = 202;
const MEGABYTE = 1024 * 1024;
const MAX_BYTES = 20 * MEGABYTE;
const BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
let photoAddress = "";

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
  photoProblem("");
  if (!file) { name.textContent = name.dataset.photoName; showChosen(); return; }
  if (file.size > MAX_BYTES) {
    composer.elements.photo.value = "";
    photoProblem(`${file.name} is ${Math.ceil(file.size / MEGABYTE)} MB. Use a photo of at most 20 MB.`);
    return;
  }
  photoAddress = URL.createObjectURL(file);
  name.textContent = file.name;
  for (const radio of composer.querySelectorAll("[name=photo_id]")) radio.checked = false;
  showPhoto(photoAddress);
}

function showChosen() {
  const chosen = form().querySelector("[name=photo_id]:checked");
  showPhoto(photoAddress || chosen?.dataset.address || "");
}

function give(files) {
  const file = [...files].find((one) => one.type.startsWith("image/"));
  if (!file) return;
  const carrier = new DataTransfer();
  carrier.items.add(file);
  form().elements.photo.files = carrier.files;
  takeFile(file);
}

document.addEventListener("input", (event) => {
  if (event.target.form === form() && event.target.name === "title") drawTitle();
});

document.addEventListener("change", (event) => {
  if (!form() || event.target.form !== form()) return;
  form().querySelector("[data-refusal]")?.remove(); // it was about the order as it stood
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
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.toggleAttribute("data-over", name === "dragover");
    if (name === "drop") give(event.dataTransfer.files);
  });
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form === form()) {
    event.preventDefault();
    form()?.requestSubmit();
  }
});

// A second click while the first is under way must not even reach the server.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (sourceElement !== form()) return;
  if (sourceElement.hasAttribute("data-sending")) event.preventDefault();
  else sourceElement.setAttribute("data-sending", "");
});
document.addEventListener("htmx:finally:request", (event) => {
  event.detail.ctx.sourceElement.removeAttribute?.("data-sending");
});
document.addEventListener("htmx:after:swap", (event) => {
  const composer = form();
  if (!composer || event.detail.ctx?.sourceElement !== composer) return;
  // An upload that the server kept is among the photos now; it need not be sent again.
  if (composer.querySelector("[name=photo_id]:checked")?.value && composer.elements.photo.files.length) {
    composer.elements.photo.value = "";
    takeFile(null);
  }
  drawTitle();
  showChosen();
  if (event.detail.ctx.response?.status === ACCEPTED) {
    document.querySelector("#results > :first-child")?.scrollIntoView({ block: "nearest" });
  }
  // Put the person where the problem is.
  composer.querySelector('[aria-invalid="true"]')?.focus();
});

if (form()) { drawTitle(); showChosen(); }
