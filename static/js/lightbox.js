// A picture over the page: zoom, arrows, swipe, and its facts. Without this module its link leads to its page.
import { isShortcut } from "./shortcuts.js";

const OVER = 35; // above the page, below the notices: an offer to undo must be in reach
const KEYS = {
  i: "[data-info]",
  l: "[data-star-of] button",
  d: "[data-key=d]",
  r: "[data-key=r]",
  delete: "[data-deletes] button",
};
let viewer = null;
let side = null;
let isTold = false; // whether the facts are open; it lasts from picture to picture

const shell = () => document.querySelector(".shell");

function pictures() {
  const seen = new Set();
  return [...document.querySelectorAll("a[data-shot]")].filter(({ dataset }) => !seen.has(dataset.shot) && seen.add(dataset.shot));
}

function itemOf(link) {
  const image = link.querySelector("img");
  return {
    src: link.dataset.full,
    msrc: image.currentSrc,
    width: image.width && Number(image.getAttribute("width")),
    height: Number(image.getAttribute("height")),
    alt: image.alt,
    element: link,
    panel: link.dataset.panel,
    ...(link.dataset.film !== undefined && { type: "film", poster: link.dataset.film, captions: link.dataset.captions }),
  };
}

// A film plays in the viewer with the browser's own controls; it starts only when it is told to.
function film({ src, width, height, alt, poster, captions }) {
  const place = Object.assign(document.createElement("div"), { className: "lightbox-film" });
  const video = Object.assign(document.createElement("video"), { src, poster, width, height, controls: true, playsInline: true, preload: "metadata" });
  video.setAttribute("aria-label", alt);
  if (captions) video.append(Object.assign(document.createElement("track"), { kind: "captions", src: captions, label: "Captions", srclang: "en" }));
  place.append(video);
  return place;
}

const isInFilm = (event) => Boolean(event.target.closest?.(".lightbox-film video"));

async function style(address) {
  if (document.querySelector(`link[href="${address}"]`)) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  await new Promise((loaded, failed) => {
    link.addEventListener("load", loaded);
    link.addEventListener("error", failed);
    document.head.append(link);
  });
}

async function open(link) {
  const template = document.getElementById("lightbox");
  const [{ default: PhotoSwipe }] = await Promise.all([import("../vendor/photoswipe.esm.min.js"), style(template.dataset.css)]);
  if (viewer) return;
  const links = pictures();
  viewer = new PhotoSwipe({
    dataSource: links.map(itemOf),
    index: links.findIndex(({ dataset }) => dataset.shot === link.dataset.shot),
    bgOpacity: 1,
    showHideAnimationType: "fade",
    loop: false,
    trapFocus: false, // the page is inert instead, so that notices stay in reach
    paddingFn: () => ({ top: 56, bottom: 72, left: 0, right: 0 }),
    errorMsg: "This picture could not be loaded. Reload the page.",
  });
  viewer.on("uiRegister", () => viewer.ui.registerElement({
    name: "side",
    className: "lightbox-side",
    appendTo: "root",
    onInit: (node) => { side = node; },
  }));
  viewer.on("afterInit", () => {
    viewer.element.setAttribute("aria-label", "Picture viewer");
    viewer.element.setAttribute("aria-modal", "true");
    viewer.element.style.zIndex = OVER;
    shell().inert = true;
    viewer.element.focus();
  });
  viewer.on("contentLoad", (event) => {
    const { content } = event;
    if (content.type !== "film") return;
    event.preventDefault();
    content.element = film(content.data);
    content.state = "loaded";
    content.onLoaded();
  });
  viewer.on("contentDeactivate", ({ content }) => content.element?.querySelector?.("video")?.pause());
  // Its controls are its own: neither a drag on them nor an arrow key in them turns the page.
  for (const name of ["pointerDown", "keydown"]) viewer.on(name, (event) => {
    const given = event.originalEvent;
    if (isInFilm(given) && given.key !== "Escape") event.preventDefault();
  });
  viewer.on("change", tell);
  viewer.on("close", () => {
    shell().inert = false;
    viewer.currSlide?.data.element.focus();
  });
  viewer.on("destroy", () => { viewer = side = null; });
  viewer.init();
}

async function tell() {
  const address = viewer.currSlide.data.panel;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.redirected) { location.reload(); return; }
  if (viewer?.currSlide.data.panel !== address || !answer?.ok) return;
  side.innerHTML = await answer.text();
  htmx.process(side);
  showFacts();
}

function showFacts() {
  const button = side.querySelector("[data-info]");
  button.setAttribute("aria-expanded", String(isTold));
  document.getElementById(button.getAttribute("aria-controls")).hidden = !isTold;
}

document.addEventListener("click", async (event) => {
  if (event.target.closest?.("[data-info]")) { isTold = !isTold; showFacts(); return; }
  const link = event.target.closest?.("a[data-shot]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!document.getElementById("lightbox")) return;
  event.preventDefault();
  try { await open(link); } catch { location.assign(link.href); }
});

document.addEventListener("keydown", (event) => {
  if (!viewer || !isShortcut(event)) return;
  const button = side?.querySelector(KEYS[event.key.toLowerCase()] ?? "none");
  if (!button) return;
  event.preventDefault();
  button.click();
});

// What was deleted here is in the bin now: go on to the next, or back to the page after the last.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  if (!viewer || !sourceElement?.matches?.("[data-deletes]") || !response?.raw?.ok) return;
  if (viewer.getNumItems() === 1) viewer.close();
  else if (viewer.currIndex + 1 < viewer.getNumItems()) viewer.next();
  else viewer.prev();
});
