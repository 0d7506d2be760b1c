// Better with JavaScript, never in need of it: each module improves what the server rendered.
import "./session.js";
import "./theme.js";
import "./toast.js";
import "./menu.js";
import "./live.js";
import "./composer.js";
