// Better with JavaScript, never in need of it: each module improves what the server rendered.
import "./open.js";
import "./session.js";
import "./palette.js";
import "./shortcuts.js";
import "./live.js";
import "./composer.js";
import "./thumbnail.js";
import "./picker.js";
import "./clones.js";
import "./library.js";
import "./lightbox.js";
import "./film.js";
import "./uploader.js";
import "./chat.js";
