/** The console: what the page starts with. */
import { render } from "preact";
import { followHead } from "./app/live.ts";
import { beginSession } from "./app/session.ts";
import { Shell } from "./app/shell.tsx";
import { listenToKeys } from "./app/shortcuts.tsx";
import "./styles/main.css";

const place = document.getElementById("app");
if (place === null) throw new Error("the page has no place for the console");
listenToKeys();
render(<Shell />, place);
// Nothing is awaited here: this module lies in one file with what the views need, which would wait with it.
void beginSession().then(followHead);
