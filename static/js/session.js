// A fragment that was answered with the sign-in page means that the session ended: go and sign in.
document.addEventListener("htmx:before:swap", (event) => {
  const answer = event.detail.ctx?.response?.raw;
  if (!answer?.redirected || !new URL(answer.url).pathname.startsWith("/accounts/login/")) return;
  event.preventDefault();
  location.reload();
});
