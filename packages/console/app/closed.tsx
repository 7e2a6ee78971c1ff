/** Said wherever somebody could begin a change, while the store takes none. */
import { href } from "./router.ts";
import { mayAll } from "./session.ts";
import { mode } from "./standing.ts";

export function Closed() {
  if (mode.value === "open") return null;
  const [words, place] =
    mode.value === "read_only"
      ? [
          "The store is read-only: reads go on, and no change is taken until an administrator opens it.",
          "status",
        ]
      : ["The store has stopped: its history has ended here, and no change is taken.", "backups"];
  return (
    <p class="banner closed" role="status">
      {words} Drafts stay in this browser.{" "}
      {mayAll("admin") && (
        <a href={place === "status" ? href("settings", [place]) : href(place)}>Look at it</a>
      )}
    </p>
  );
}
