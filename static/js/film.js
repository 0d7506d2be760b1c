// A film's page: take the moment at which the player stands as the start or the end of the cut.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take-time]");
  const film = button && document.getElementById("film");
  if (!film) return;
  const field = document.getElementById(button.dataset.takeTime);
  const trimmed = Number(film.dataset.from ?? 0); // what the present cut leaves out before it
  field.value = (trimmed + film.currentTime).toFixed(1);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
