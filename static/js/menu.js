// A <details> menu closes on Escape, on a click elsewhere and when something of it is chosen.
const open = () => document.querySelector("details[data-menu][open]");

document.addEventListener("click", (event) => {
  const menu = open();
  if (!menu) return;
  const chosen = event.target.closest("[data-menu] button[type=button]");
  // What it opens gives the focus back to the summary: the button itself is hidden by then.
  if (chosen) menu.querySelector("summary").focus();
  if (chosen || !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = open();
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A tip stays away until it is asked for again.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const tip of document.querySelectorAll(".tip:is(:hover, :focus-within)")) {
    tip.dataset.shut = "";
    for (const name of ["pointerleave", "focusout"]) tip.addEventListener(name, () => delete tip.dataset.shut, { once: true });
  }
});
