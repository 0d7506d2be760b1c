// The modules of open pages: landing, signing in, the reader of the API.
import "./theme.js";
import "./toast.js";
import "./menu.js";
import "./dialog.js";
import "./copy.js";
import "./fields.js";
import "./password.js";
