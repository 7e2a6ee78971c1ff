/** Keys that work everywhere, and the page that lists them. Nothing happens while somebody writes. */
import { signal } from "@preact/signals";
import { Dialog } from "../parts/dialog.tsx";
import { openPalette } from "./palette-open.ts";
import { go, href } from "./router.ts";
import { viewKeys } from "./view-keys.ts";

const shown = signal(false);

const PLACES: Readonly<Record<string, string>> = {
  b: "",
  t: "timeline",
  c: "changes",
  p: "proposals",
  r: "rollouts",
  f: "fleet",
  u: "backups",
  s: "settings",
};

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K, ⌘K or /", "find a key or a value"],
  ["g, then b", "browse"],
  ["g, then t", "timeline"],
  ["g, then c", "changes that are not saved yet"],
  ["g, then p", "proposals"],
  ["g, then r", "rollouts"],
  ["g, then f", "fleet"],
  ["g, then u", "backups"],
  ["g, then s", "settings"],
  ["e", "edit the document that is shown"],
  ["↑ ↓ PgUp PgDn Home End", "move in a list; Enter opens"],
  ["Ctrl S or ⌘S", "in the editor: go on to the plan"],
  ["?", "this list"],
];

let afterG = false;

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
    const place = afterG ? PLACES[event.key] : undefined;
    const own = viewKeys.value[event.key];
    afterG = event.key === "g";
    if (place !== undefined) go(href(place));
    else if (event.key === "/") openPalette();
    else if (event.key === "?") shown.value = true;
    else if (own !== undefined) own();
    else return;
    event.preventDefault();
  });
}

function isWriting(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return (
    (target instanceof HTMLElement &&
      (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) ||
    document.querySelector("dialog[open]") !== null
  );
}

export function ShortcutHelp() {
  if (!shown.value) return null;
  return (
    <Dialog title="Keys" close={() => (shown.value = false)}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
