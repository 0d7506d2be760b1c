// Many photos at once: three are sent at a time; each can be paused, sent again or taken back.
import { say } from "./say.js";
import { Transfer } from "./transfer.js";

const AT_ONCE = 3;
const SHOW_AFTER = 400;
const CAN = { // which buttons a file has, by how it stands
  queued: ["pause", "cancel"],
  sending: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  checking: ["cancel"],
  failed: ["retry", "cancel"],
  refused: ["cancel"],
  clean: [],
};
const WORDS = { pause: "Pause", resume: "Resume", retry: "Try again:", cancel: "Remove" };
const UNITS = [[1024 * 1024, "MB"], [1024, "kB"]];

function sizeOf(bytes) {
  const [unit, name] = UNITS.find(([least]) => bytes >= least) ?? [1, "bytes"];
  return `${(bytes / unit).toFixed(unit > 1024 ? 1 : 0)} ${name}`;
}

class Uploader extends HTMLElement {
  #rows = new Map(); // of transfers
  #sending = 0;
  #shown = 0;
  #sheet = 0;
  #open = 0; // how many had not ended when they were last counted

  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.input.addEventListener("change", () => { this.#add(this.input.files); this.input.value = ""; });
    for (const name of ["dragover", "dragleave", "drop"]) this.addEventListener(name, (event) => this.#drag(event));
    document.addEventListener("paste", this);
    window.addEventListener("beforeunload", this);
    this.addEventListener("click", (event) => this.#click(event.target.closest("button")));
  }

  disconnectedCallback() {
    document.removeEventListener("paste", this);
    window.removeEventListener("beforeunload", this);
  }

  handleEvent(event) {
    if (event.type === "paste" && event.clipboardData?.files.length) this.#add(event.clipboardData.files);
    if (event.type === "beforeunload" && this.#count("queued", "sending")) event.preventDefault();
  }

  #drag(event) {
    event.preventDefault();
    this.querySelector("[data-drop]").toggleAttribute("data-over", event.type === "dragover");
    if (event.type === "drop") this.#add(event.dataTransfer.files);
  }

  #add(files) {
    const options = { address: this.dataset.uploads, maxBytes: Number(this.dataset.maxBytes), changed: (transfer) => this.#show(transfer) };
    this.#open += files.length;
    const rows = [...files].map((file) => {
      const transfer = new Transfer(file, options);
      const row = this.querySelector(":scope > template").content.firstElementChild.cloneNode(true);
      row.querySelector("[data-name]").textContent = file.name;
      row.querySelector("[data-size]").textContent = sizeOf(file.size);
      row.querySelector("progress").setAttribute("aria-label", `Sending ${file.name}`);
      for (const [name, words] of Object.entries(WORDS)) row.querySelector(`[data-${name}] span`).textContent = `${words} ${file.name}`;
      this.#rows.set(transfer, row);
      this.#show(transfer);
      return row;
    });
    this.querySelector("[data-list]").append(...rows);
    say(`${rows.length} ${rows.length === 1 ? "file" : "files"} added`);
    this.#pump();
  }

  #pump() {
    for (const transfer of this.#rows.keys()) {
      if (this.#sending >= AT_ONCE) return;
      if (transfer.state === "queued") this.#send(transfer);
    }
  }

  async #send(transfer) {
    this.#sending += 1;
    await transfer.send();
    this.#sending -= 1;
    this.#pump();
  }

  #show(transfer) {
    const row = this.#rows.get(transfer);
    if (!row) return; // it is just being made
    if (row.dataset.state !== transfer.state) this.#turn(transfer, row);
    row.querySelector("progress").value = transfer.progress;
    row.querySelector("[data-state]").textContent = transfer.text;
    this.#shown ||= setTimeout(() => { this.#shown = 0; this.#sumUp(); }, this.#rows.size ? SHOW_AFTER / 4 : 0);
  }

  #turn(transfer, row) {
    const held = row.contains(document.activeElement);
    row.dataset.state = transfer.state;
    row.querySelector("progress").hidden = !["queued", "sending", "paused"].includes(transfer.state);
    for (const name of Object.keys(WORDS)) row.querySelector(`[data-${name}]`).hidden = !CAN[transfer.state]?.includes(name);
    if (held && !row.contains(document.activeElement)) row.querySelector("button:not([hidden])")?.focus();
    if (["refused", "failed"].includes(transfer.state)) say(`${transfer.name}: ${transfer.text}`);
    if (transfer.state === "clean") {
      this.#announce("visiona:photo", transfer);
      clearTimeout(this.#sheet);
      this.#sheet = setTimeout(() => document.dispatchEvent(new CustomEvent("visiona:photos")), SHOW_AFTER);
    }
  }

  #announce(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  get isBusy() { return this.#count("queued", "sending", "checking") > 0; }

  #count(...states) {
    return [...this.#rows.keys()].filter(({ state }) => states.includes(state)).length;
  }

  #sumUp() {
    const all = this.#rows.size;
    const clean = this.#count("clean");
    const words = `${clean} of ${all} clean`;
    const open = this.#count("queued", "sending", "checking");
    const lost = this.#count("refused", "failed", "paused");
    if (!open && this.#open) {
      say(`${words}, ${this.#count("refused", "failed")} refused`);
      this.#announce("visiona:settled", { lost });
    }
    this.#open = open;
    this.querySelector("[data-count]").textContent = words;
    this.querySelector("[data-whole]").value = all ? ((all - open - this.#count("paused")) / all) * 100 : 0;
    this.querySelector("[data-transfers]").hidden = !all;
    this.querySelector("[data-pause-all]").hidden = !this.#count("queued", "sending");
    this.querySelector("[data-resume-all]").hidden = !this.#count("paused");
    this.querySelector("[data-retry-all]").hidden = !this.#count("failed");
    this.querySelector("[data-clear]").hidden = !this.#count("clean", "refused");
  }

  #click(button) {
    if (!button) return;
    const row = button.closest("li");
    const [mine] = [...this.#rows].find(([, one]) => one === row) ?? [];
    const chosen = (...states) => (mine ? [mine] : [...this.#rows.keys()].filter(({ state }) => states.includes(state)));
    const { pause, pauseAll, resume, resumeAll, retry, retryAll, cancel, clear } = button.dataset;
    const isAsked = (...names) => names.some((name) => name !== undefined);
    if (isAsked(pause, pauseAll)) chosen("queued", "sending").forEach((one) => one.pause());
    else if (isAsked(resume, resumeAll)) chosen("paused").forEach((one) => one.wait());
    else if (isAsked(retry, retryAll)) chosen("failed").forEach((one) => one.wait());
    else if (isAsked(cancel)) this.#remove(mine);
    else if (isAsked(clear)) chosen("clean", "refused").forEach((one) => this.#remove(one));
    this.#pump();
  }

  #remove(transfer) {
    const row = this.#rows.get(transfer);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const held = row.contains(document.activeElement);
    transfer.cancel();
    this.#rows.delete(transfer);
    row.remove();
    if (held) (next?.querySelector("button:not([hidden])") ?? this.input).focus();
    this.#sumUp();
  }
}

customElements.define("v-uploader", Uploader);
