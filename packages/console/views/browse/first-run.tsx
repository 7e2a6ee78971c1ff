/** A store without a namespace: what to do first. */
import { href } from "../../app/router.ts";
import { Command } from "../../parts/copy.tsx";

export function FirstRun({ administers }: { administers: boolean }) {
  if (!administers)
    return (
      <section class="empty">
        <h1>Nothing to see yet</h1>
        <p>Your token reaches no namespace. Ask whoever gave it to you for one that does.</p>
      </section>
    );
  return (
    <section class="empty">
      <h1>This store is empty</h1>
      <ol class="steps">
        <li>
          <h2>Make a namespace</h2>
          <Command text="ledge ns put shop" />
          <p>
            <a href={href("settings", ["namespaces"])}>Make it here in the browser</a>
          </p>
        </li>
        <li>
          <h2>Put a document into it</h2>
          <Command text={"ledge put shop/limits '{\"rps\":100}'"} />
        </li>
        <li>
          <h2>Or bring what you have</h2>
          <Command text="ledge import ./config -n shop --plan" />
          <p>
            <a href={href("import")}>Drop a folder or files here in the browser</a>
          </p>
        </li>
      </ol>
    </section>
  );
}
