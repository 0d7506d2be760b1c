// The reader of the API: Swagger UI in our frame; a call that changes something carries the page's CSRF token.
const place = document.getElementById("swagger-ui");
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const SAFE = ["GET", "HEAD", "OPTIONS"];

// Swagger UI has a dark dress of its own, put on by a class.
function dress() {
  root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "darkroom" : system.matches);
}
dress();
system.addEventListener("change", dress);
new MutationObserver(dress).observe(root, { attributeFilter: ["data-theme"] });

// What it leaves without a name.
new MutationObserver(() => {
  for (const body of place.querySelectorAll("textarea.body-param__text:not([aria-label])")) body.setAttribute("aria-label", "Request body");
}).observe(place, { childList: true, subtree: true });

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  requestInterceptor(request) {
    const ours = new URL(request.url, location.href).origin === location.origin;
    if (ours && place.dataset.csrf && !SAFE.includes((request.method ?? "GET").toUpperCase())) {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
    }
    return request;
  },
});
