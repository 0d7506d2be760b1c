// Short notices in the corner. Errors stay until dismissed; an offer to undo stays ten seconds.
const STAY = { plain: 6000, undo: 10000 };
const AT_MOST = 4;
const region = document.getElementById("toasts");

const shown = () => [...region.querySelectorAll(":scope > [data-toast]")];

function remove(toast) {
  const held = toast.contains(document.activeElement);
  toast.remove();
  if (held) document.getElementById("main")?.focus();
}

// The clock stands still while somebody points at the notice or has the focus in it.
function dismissLater(toast, milliseconds) {
  let left = milliseconds;
  let since = 0;
  let timer = 0;
  const stop = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    left -= Date.now() - since;
  };
  const start = () => {
    if (timer || toast.matches(":hover, :focus-within")) return;
    since = Date.now();
    timer = setTimeout(() => remove(toast), left);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  // When these are sent, the notice still counts as pointed at or focused.
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => requestAnimationFrame(start));
  start();
}

function makeRoom() {
  const all = shown();
  const passing = all.filter((toast) => toast.getAttribute("role") !== "alert");
  for (const toast of [...passing, ...all].slice(0, Math.max(0, all.length - AT_MOST))) toast.remove();
}

export function toast({ text, kind = "info", undo = "" }) {
  const node = document.getElementById(kind === "error" ? "toast-error" : "toast").content.firstElementChild.cloneNode(true);
  if (undo) {
    const action = node.querySelector("[data-action]");
    action.hidden = false;
    action.addEventListener("click", () => { remove(node); document.querySelector(undo)?.click(); });
  }
  region.append(node);
  makeRoom();
  // The words go in after the region exists, so that screen readers announce them.
  requestAnimationFrame(() => { node.querySelector("[data-text]").textContent = text; });
  if (kind !== "error") dismissLater(node, undo ? STAY.undo : STAY.plain);
}

document.addEventListener("click", (event) => {
  const notice = event.target.closest?.("[data-dismiss]")?.closest("[data-toast]");
  if (notice) remove(notice);
});

// Sent by the server in the HX-Trigger header.
document.addEventListener("visiona:toast", (event) => toast(event.detail.value ?? event.detail));

for (const node of shown()) {
  if (node.getAttribute("role") !== "alert") dismissLater(node, node.querySelector("form") ? STAY.undo : STAY.plain);
}

document.addEventListener("htmx:error", (event) => {
  const source = event.detail.ctx?.sourceElement;
  // The stream and the polls try again by themselves.
  if (source?.closest("[data-quiet]")) return;
  toast({ kind: "error", text: "We could not reach Visiona. Check your connection, then try again." });
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  if (ctx?.sourceElement?.closest("[data-quiet]") || ctx.response.status < 500) return;
  const id = ctx.response.headers?.get("X-Request-ID");
  toast({ kind: "error", text: `Something broke on our side.${id ? ` Request ${id}.` : ""}` });
});
