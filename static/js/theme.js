// Switch between paper and darkroom in place; without this module the form posts and the server sets the cookie.
const THEMES = ["paper", "darkroom"];
const YEAR = 365 * 24 * 3600;
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const current = () => root.dataset.theme || (system.matches ? "darkroom" : "paper");

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]")) return;
  event.preventDefault();
  const next = THEMES[1 - THEMES.indexOf(current())];
  root.dataset.theme = next;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${next};path=/;max-age=${YEAR};samesite=lax${secure}`;
  document.getElementById("live").textContent = next === "paper" ? "Light theme" : "Dark theme";
});
