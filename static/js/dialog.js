// Dialogs open and close by `commandfor` and `command`; this listener does it where the browser does not.
const native = "command" in HTMLButtonElement.prototype;

const DOES = {
  "show-modal": (dialog) => { if (!dialog.open) dialog.showModal(); },
  close: (dialog) => dialog.close(),
};

if (!native) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    DOES[button?.getAttribute("command")]?.(dialog);
  });
}

function isBeside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

if (!("closedBy" in HTMLDialogElement.prototype)) {
  document.addEventListener("click", (event) => {
    if (event.target.matches?.('dialog[closedby="any"]') && isBeside(event.target, event)) event.target.close();
  });
}

// What a form in a dialog has replaced or sent away needs no dialog any more.
document.addEventListener("htmx:after:swap", (event) => {
  event.detail.ctx?.sourceElement?.closest?.("dialog[open]")?.close();
});
