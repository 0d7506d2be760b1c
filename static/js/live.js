// Say aloud what changes on job cards, show the percentage in the tab, and poll only while the stream is down.
import { say } from "./say.js";

const said = new Map();
const title = document.title;
const EVERY_NTH_POLL = 5; // while the stream is up: what only time changes, it does not send
let streaming = false;
let polls = 0;

function readCards({ aloud }) {
  const busy = [];
  for (const card of document.querySelectorAll("[data-job]")) {
    const words = card.dataset.say;
    if (aloud && words && said.get(card.id) !== words) say(words);
    if (aloud && said.has(card.id) && said.get(card.id) !== words) {
      document.dispatchEvent(new CustomEvent("visiona:job", { detail: card.id }));
      if (!card.hasAttribute("aria-busy")) document.dispatchEvent(new CustomEvent("visiona:ended", { detail: card.id }));
    }
    said.set(card.id, words);
    const bar = card.querySelector("progress");
    if (bar) busy.push(bar.value);
    const waiting = document.querySelector(`[data-waits="${CSS.escape(card.id)}"] progress`);
    if (bar && waiting) waiting.value = bar.value;
  }
  document.title = busy.length ? `(${Math.min(...busy)} %) ${title}` : title;
}

readCards({ aloud: false });
document.addEventListener("htmx:after:swap", () => readCards({ aloud: true }));
document.addEventListener("htmx:sse:after:message", () => requestAnimationFrame(() => readCards({ aloud: true })));

document.addEventListener("htmx:sse:after:connection", (event) => { streaming = event.detail.connection.status === 200; });
for (const name of ["htmx:sse:error", "htmx:sse:close"]) {
  document.addEventListener(name, () => { streaming = false; });
}
document.addEventListener("htmx:before:request", (event) => {
  if (!event.detail.ctx.sourceElement.matches("[data-poll]")) return;
  polls += 1;
  if (streaming && polls % EVERY_NTH_POLL) event.preventDefault();
});
