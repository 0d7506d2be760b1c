// One file on its way: announced, sent, checked. XHR, because fetch does not tell how much it has sent.
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif"];
const MEGABYTE = 1024 * 1024;
const WAITS = [1000, 3000, 8000]; // before another try after a broken connection
const ASK_EVERY = 1000;
const ASK_AT_ONCE = 4; // the oldest: files are checked in the order in which they came
const BUSY = [408, 425, 429, 500, 502, 503, 504];
const VERDICTS = { good: "Good", usable: "Usable.", poor: "Poor." };

export const ENDED = ["clean", "refused", "failed", "canceled"];

class Interrupted extends Error {}
class Refused extends Error {}
class Broken extends Error {}

// The API names us by our public address; the page may have been opened by another.
function reachable(address) {
  const { pathname, search } = new URL(address, location.href);
  return pathname.startsWith("/files/") ? pathname + search : address;
}

const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
const sleep = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

function problemOf(status, body) {
  if (status === 0 || BUSY.includes(status)) return new Broken();
  const detail = body?.errors?.[0]?.detail ?? body?.detail;
  return new Refused(detail ?? "This file could not be sent.");
}

async function ask(method, address, { body, signal } = {}) {
  const headers = { "X-CSRFToken": token(), Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch {
    throw signal?.aborted ? new Interrupted() : new Broken();
  }
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw problemOf(answer.status, told);
  return told?.data;
}

const checking = new Set();

async function askForVerdicts() {
  while (checking.size) {
    await sleep(ASK_EVERY);
    await Promise.all([...checking].slice(0, ASK_AT_ONCE).map((transfer) => transfer.look()));
  }
}

export class Transfer {
  state = "queued";
  progress = 0;
  text = "Waits";
  photo = null;
  #id = "";
  #stop = new AbortController();
  #file;
  #address;
  #changed;

  constructor(file, { address, maxBytes, changed }) {
    this.#file = file;
    this.#address = address;
    this.#changed = changed;
    if (file.size > maxBytes) this.#be("refused", `${Math.ceil(file.size / MEGABYTE)} MB is too large. Use at most ${maxBytes / MEGABYTE} MB.`);
    else if (!file.size) this.#be("refused", "This file is empty.");
  }

  get name() { return this.#file.name; }
  get size() { return this.#file.size; }
  get hasEnded() { return ENDED.includes(this.state); }

  // Resolves as soon as another file may be sent.
  async send() {
    this.#stop = new AbortController();
    for (let tries = 0; ; tries += 1) {
      this.#be("sending", "Sending");
      try {
        await this.#try();
        return;
      } catch (problem) {
        if (problem instanceof Interrupted) return;
        this.#forget();
        if (problem instanceof Refused) { this.#be("refused", problem.message); return; }
        if (tries >= WAITS.length) { this.#be("failed", "The connection broke. Nothing is lost: try again."); return; }
        this.#be("sending", "The connection broke. Trying again");
        await sleep(WAITS[tries]);
        if (this.#stop.signal.aborted) return;
      }
    }
  }

  pause() {
    if (!["queued", "sending"].includes(this.state)) return;
    this.#interrupt();
    this.#be("paused", "Paused");
  }

  wait() {
    this.progress = 0;
    this.#be("queued", "Waits");
  }

  cancel() {
    this.#interrupt();
    this.#be("canceled", "Canceled");
  }

  async look() {
    try {
      this.#take(await ask("GET", `${this.#address}/${this.#id}`));
    } catch (problem) {
      if (problem instanceof Refused) this.#be("failed", "It was not checked in time. Try again.");
    }
  }

  async #try() {
    const { signal } = this.#stop;
    const type = TYPES.includes(this.#file.type) ? this.#file.type : "application/octet-stream";
    const body = { filename: this.#file.name, bytes: this.#file.size, content_type: type };
    const ticket = await ask("POST", this.#address, { body, signal });
    this.#id = ticket.id;
    await this.#post(ticket);
    this.#be("checking", "Being checked");
    this.#take(await ask("POST", `${this.#address}/${this.#id}/complete`, { signal }));
  }

  #post({ url, fields }) {
    return new Promise((sent, broke) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", this.#file, "file");
      const request = new XMLHttpRequest();
      this.#stop.signal.addEventListener("abort", () => request.abort(), { once: true });
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        this.progress = Math.round((loaded / total) * 100);
        this.#be("sending", `${this.progress} %`);
      });
      request.addEventListener("abort", () => broke(new Interrupted()));
      request.addEventListener("loadend", () => {
        if (request.status >= 200 && request.status < 300) { sent(); return; }
        let body = null;
        try { body = JSON.parse(request.responseText); } catch { /* a bucket answers in XML */ }
        broke(problemOf(request.status, body));
      });
      request.open("POST", reachable(url));
      request.send(form);
    });
  }

  #take(upload) {
    if (this.state !== "checking") return;
    if (upload.status === "refused") this.#be("refused", upload.error.detail);
    else if (upload.status === "clean") {
      this.photo = upload.photo && { ...upload.photo, url: reachable(upload.photo.url) };
      this.progress = 100;
      const isKnown = this.photo && this.photo.created_at < upload.created_at;
      this.#be("clean", isKnown ? "Already here" : this.#verdict());
    } else {
      const isFirst = !checking.size;
      checking.add(this);
      if (isFirst) askForVerdicts();
    }
  }

  #verdict() {
    const coach = this.photo?.coach;
    if (!coach) return "Clean";
    return [VERDICTS[coach.verdict], ...coach.issues.map((issue) => issue.advice)].join(" ");
  }

  #interrupt() {
    this.#stop.abort();
    this.#forget();
  }

  // What was announced and will not come must not count among the files on their way.
  #forget() {
    checking.delete(this);
    if (!this.#id || this.state === "clean") return;
    ask("DELETE", `${this.#address}/${this.#id}`).catch(() => { /* it is forgotten within a day */ });
    this.#id = "";
  }

  #be(state, text) {
    if (this.state === "canceled") return;
    this.state = state;
    this.text = text;
    if (this.hasEnded) checking.delete(this);
    this.#changed(this);
  }
}
