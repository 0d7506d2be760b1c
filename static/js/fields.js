// What a field says of itself while it is filled in: how long a text is, where a range stands.
function tell(field) {
  const count = document.querySelector(`[data-count-of="${CSS.escape(field.id)}"]`);
  if (count) count.textContent = `${field.value.length} of ${field.maxLength}`;
  const value = document.querySelector(`[data-value-of="${CSS.escape(field.id)}"]`);
  if (value) value.textContent = field.value;
}

document.addEventListener("input", (event) => {
  if (event.target.id) tell(event.target);
});
function tellAll() {
  for (const place of document.querySelectorAll("[data-count-of], [data-value-of]")) {
    tell(document.getElementById(place.dataset.countOf ?? place.dataset.valueOf));
  }
}

document.addEventListener("htmx:after:swap", tellAll);
tellAll();
