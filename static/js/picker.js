// The photos of a product, of which a page has one choice: those that arrive are chosen, one is the main one.
const picker = () => document.querySelector("[data-picker]");
const chosen = () => [...picker().querySelectorAll("[name=photo_ids]:checked")];
let isPending = false; // the order, until the photos on their way have arrived

function tell(text) {
  picker().querySelector("[data-picker-state]").textContent = text;
}

function mainOf(checkbox) {
  return checkbox.closest(".tile").querySelector("[name=main_photo]");
}

function show() {
  const most = Number(picker().dataset.most);
  const taken = chosen();
  const [first] = taken;
  if (first && !taken.some((one) => mainOf(one).checked)) mainOf(first).checked = true;
  const main = taken.find((one) => mainOf(one).checked);
  for (const image of document.querySelectorAll("[data-main-photo]")) {
    image.hidden = !main;
    if (main) image.src = main.dataset.address;
  }
  for (const one of picker().querySelectorAll("[name=photo_ids]")) one.disabled = !one.checked && taken.length >= most;
  if (taken.length >= most) tell(`${most} photos are chosen, which is the most.`);
  else if (!isPending) tell("");
}

function offer(photo, name) {
  const choices = picker().querySelector("#photo-choices");
  const known = choices.querySelector(`[name=photo_ids][value="${photo.id}"]`);
  if (known) { if (!known.disabled) known.checked = true; show(); return; }
  const tile = picker().querySelector("#photo-choice").content.firstElementChild.cloneNode(true);
  const checkbox = tile.querySelector("[name=photo_ids]");
  tile.setAttribute("aria-label", name);
  tile.querySelector("[name=main_photo]").value = photo.id;
  tile.querySelector("img").src = photo.url;
  tile.querySelector("img").alt = name;
  checkbox.value = photo.id;
  checkbox.dataset.address = photo.url;
  checkbox.checked = chosen().length < Number(picker().dataset.most);
  choices.prepend(tile);
  show();
}

// Whether an order has to wait for photos; it is then sent by itself as soon as they are there.
export function isWaitingForPhotos(composer) {
  const uploader = composer.querySelector("v-uploader");
  if (!uploader?.isBusy) return false;
  isPending = true;
  tell("Goes on by itself as soon as your photos have arrived.");
  return true;
}

// The composer asks by itself; every other form with a picker is asked here.
document.addEventListener("submit", (event) => {
  if (event.target.id === "composer" || !event.target.contains(picker())) return;
  if (isWaitingForPhotos(event.target)) event.preventDefault();
});

document.addEventListener("visiona:photo", (event) => {
  if (picker()?.contains(event.target)) offer(event.detail.photo, event.detail.name);
});

document.addEventListener("visiona:settled", (event) => {
  if (!isPending || !picker()?.contains(event.target)) return;
  isPending = false;
  if (event.detail.lost) { tell("Not all photos could be taken. Press the button again to go on without them."); return; }
  tell("");
  picker().closest("form").requestSubmit();
});

document.addEventListener("change", (event) => {
  if (picker()?.contains(event.target)) show();
});
document.addEventListener("htmx:after:swap", () => { if (picker()) show(); });

if (picker()) show();
