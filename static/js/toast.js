// Short notices in the corner. Errors stay until dismissed; an offer to undo stays ten seconds.
const STAY = { plain: 6000, undo: 10000 };

function dismissLater(toast, milliseconds) {
  let left = milliseconds;
  let started = 0;
  let timer = 0;
  const run = () => { started = Date.now(); timer = setTimeout(() => toast.remove(), left); };
  const pause = () => { clearTimeout(timer); left -= Date.now() - started; };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("pointerleave", run);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("focusout", run);
  run();
}

export function toast({ text, kind = "info", undo = "" }) {
  const node = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  node.setAttribute("role", kind === "error" ? "alert" : "status");
  if (undo) {
    const action = node.querySelector("[data-action]");
    action.textContent = "Undo";
    action.hidden = false;
    action.addEventListener("click", () => { node.remove(); document.querySelector(undo)?.click(); });
  }
  document.getElementById("toasts").append(node);
  // The words go in after the region exists, so that screen readers announce them.
  requestAnimationFrame(() => { node.querySelector("[data-text]").textContent = text; });
  if (kind !== "error") dismissLater(node, undo ? STAY.undo : STAY.plain);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove();
});

// Sent by the server in the HX-Trigger header.
document.addEventListener("visiona:toast", (event) => toast(event.detail.value ?? event.detail));

for (const node of document.querySelectorAll("#toasts > [data-toast]")) {
  dismissLater(node, node.querySelector("form") ? STAY.undo : STAY.plain);
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
