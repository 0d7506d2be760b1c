// The chat: an answer is read while it is written, letter for letter, and goes on where it was after every break.
import { say } from "./say.js";

const AT_END = 120; // pixels from the end of the page that still count as its end
const TRY_AGAIN = 3000; // milliseconds, where the stream itself has given up
const ENDINGS = { done: "Answer finished", stopped: "Answer stopped", failed: "The answer failed" };

const readers = new Map(); // by the id of the answer: its source, and what has come of it
const chat = () => document.getElementById("chat");
const box = () => document.getElementById("message");

const isAtEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - AT_END;
const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });

// Words are only ever put in as text: nothing that an answer says can act here.
function show(reader, words) {
  const live = document.querySelector(`#${CSS.escape(reader.id)} [data-live]`);
  if (!live) return;
  const follows = isAtEnd();
  if (live.textContent.length === reader.text.length - words.length) live.append(words);
  else live.textContent = reader.text; // it was rendered anew meanwhile
  if (follows) toEnd();
}

function settle(reader) {
  reader.source.close();
  readers.delete(reader.id);
  const answer = document.getElementById(reader.id);
  if (!answer) return;
  const follows = isAtEnd();
  htmx.ajax("GET", answer.dataset.address, { target: answer, swap: "outerMorph" }).then(() => {
    if (follows) toEnd();
    const status = document.getElementById(reader.id)?.dataset.status;
    if (ENDINGS[status]) say(ENDINGS[status]);
  });
}

function follow(answer) {
  const reader = { id: answer.id, text: "", source: new EventSource(answer.dataset.stream) };
  readers.set(reader.id, reader);
  const mark = (name, on) => document.getElementById(reader.id)?.toggleAttribute(name, on);
  reader.source.addEventListener("open", () => mark("data-away", false));
  reader.source.addEventListener("delta", (event) => {
    const { text } = JSON.parse(event.data);
    reader.text += text;
    mark("data-writing", true);
    show(reader, text);
  });
  reader.source.addEventListener("done", () => settle(reader));
  // An error with words is the answer's; one without is the connection's, which comes back by itself.
  reader.source.addEventListener("error", (event) => {
    if (event.data) { settle(reader); return; }
    mark("data-away", true);
    if (reader.source.readyState === EventSource.CLOSED) setTimeout(() => settle(reader), TRY_AGAIN);
  });
}

function followAll() {
  for (const answer of document.querySelectorAll("[data-answer][data-stream]")) {
    const reader = readers.get(answer.id);
    if (reader) show(reader, "");
    else follow(answer);
  }
  for (const reader of readers.values()) {
    if (document.getElementById(reader.id)) continue;
    reader.source.close(); // another conversation or another branch is shown
    readers.delete(reader.id);
  }
}

const isBusy = () => Boolean(document.querySelector("[data-stop]"));

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-sends]") || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    const isNew = event.target === box();
    if (event.target.value.trim() && !(isNew && isBusy())) event.target.form.requestSubmit();
  } else if (event.key === "ArrowUp" && event.target === box() && !box().value) {
    const edits = document.querySelectorAll("#thread [data-edit]");
    if (!edits.length) return;
    event.preventDefault();
    edits[edits.length - 1].click();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !chat()) return;
  if (document.querySelector("dialog:modal, .pswp, [popover]:popover-open, details[data-menu][open]")) return;
  const cancel = event.target.closest?.("form")?.querySelector("[data-cancel]");
  (cancel ?? document.querySelector("[data-stop]"))?.click();
});

// The same on every page, where browsers let us have it.
document.addEventListener("keydown", (event) => {
  const isNew = (event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "o";
  const command = document.getElementById("command-new-chat");
  if (!isNew || !command) return;
  event.preventDefault();
  location.assign(command.dataset.href);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-stop]");
  if (button) document.querySelector("[data-stream] [data-writing]").textContent = "Stopping";
});

// What was taken leaves the composer; what was refused stays in it.
document.addEventListener("htmx:after:swap", (event) => {
  if (!chat()) return;
  const { sourceElement, response } = event.detail.ctx ?? {};
  followAll();
  const isAsked = sourceElement?.matches?.("#asking, .asking-again, .starters") && response?.status < 400;
  if (isAsked) {
    if (sourceElement.id === "asking") box().value = "";
    box().focus({ preventScroll: true });
    toEnd();
  } else if (sourceElement?.id === "asking" && response?.status >= 400) box().focus();
  else chat().querySelector("[data-take-focus]:not(:focus)")?.focus();
});

if (chat()) {
  followAll();
  if (document.querySelector("#thread .said") && !location.hash) toEnd();
}
