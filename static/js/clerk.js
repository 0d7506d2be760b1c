// Clerk's door: its form, and then a session of ours for the token that it gives.
import "./open.js";

const door = document.getElementById("clerk-door");
const waiting = document.getElementById("clerk-waiting");
const refusal = document.getElementById("clerk-refusal");
const AWAY = "Clerk’s form could not be loaded. Check your connection, then load this page again.";
let entering = false;

function refuse(words) {
  waiting.hidden = true;
  refusal.hidden = false;
  refusal.querySelector("p").textContent = words;
}

function show() {
  waiting.hidden = true;
  const options = { forceRedirectUrl: location.href, signUpForceRedirectUrl: location.href };
  if (door.dataset.mode === "sign-up") Clerk.mountSignUp(door, options);
  else Clerk.mountSignIn(door, options);
}

async function enter(session) {
  if (entering) return;
  entering = true;
  const headers = {
    Accept: "application/json",
    Authorization: `Bearer ${await session.getToken()}`,
    "X-CSRFToken": door.dataset.csrf,
  };
  const answer = await fetch(door.dataset.session, { method: "POST", headers });
  if (answer.ok) return location.replace(door.dataset.onward);
  const problem = await answer.json().catch(() => ({}));
  // We do not know this session any more: it was signed out here. Then it is over at Clerk too.
  if (answer.status === 401) await Clerk.signOut();
  refuse(problem.detail ?? "You could not be signed in. Load this page again.");
  entering = false;
  if (answer.status === 401) show();
}

async function open() {
  if (!window.Clerk) return refuse(AWAY);
  await Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor } });
  Clerk.addListener(({ session }) => {
    if (session && session.status !== "pending") enter(session).catch(() => refuse(AWAY));
  });
  if (!Clerk.session || Clerk.session.status === "pending") show();
}

if (door) window.addEventListener("load", () => open().catch(() => refuse(AWAY)));
