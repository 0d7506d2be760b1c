// Show what is typed into a password field, and tick off the rules that it keeps; the server checks them all.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-show]");
  if (!button) return;
  const input = document.getElementById(button.dataset.show);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});

// A field that is sent must be one of a password again, or the browser would not offer to keep it.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll('[data-show][aria-pressed="true"]')) button.click();
});

const KEEPS = {
  MinimumLength: (password, rule) => [...password].length >= Number(rule.dataset.least),
  UserAttributeSimilarity: (password, rule) => {
    const name = rule.closest("form").querySelector('[type="email"]')?.value.split("@")[0].toLowerCase() ?? "";
    return password !== "" && (name.length < 3 || !password.toLowerCase().includes(name));
  },
};

function tick(rules) {
  const password = document.getElementById(rules.dataset.rulesOf).value;
  for (const rule of rules.children) {
    const kept = KEEPS[rule.dataset.rule]?.(password, rule) ?? false;
    rule.toggleAttribute("data-kept", kept);
    rule.querySelector("[data-done]").hidden = !kept;
  }
}

document.addEventListener("input", (event) => {
  const rules = event.target.form?.querySelector("[data-rules-of]");
  if (rules) tick(rules);
});
