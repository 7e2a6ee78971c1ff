/** What stands around every view: where one can go, how far the store is, who is signed in. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatCount } from "../parts/amount.ts";
import { ErrorBox } from "../parts/failure.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Notices } from "./notices.tsx";
import { Palette } from "./palette.tsx";
import { openPalette } from "./palette-open.ts";
import { href, route } from "./router.ts";
import { whoami } from "./session.ts";
import { ShortcutHelp } from "./shortcuts.tsx";
import { SignIn } from "./sign-in.tsx";
import { head, online } from "./standing.ts";
import { UserMenu } from "./user-menu.tsx";
import { VIEWS, type View } from "./views.ts";

export function Shell() {
  if (whoami.value === undefined) return <Skeleton lines={10} />;
  if (whoami.value === null) return <SignIn />;
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={href("")}>
          Ledge
        </a>
        <button type="button" class="search" onClick={openPalette}>
          <span>Find a key or a value</span>
          <kbd>{/Mac/.test(navigator.platform) ? "⌘K" : "Ctrl K"}</kbd>
        </button>
        <Standing />
        <UserMenu />
      </header>
      <Navigation />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Palette />
      <ShortcutHelp />
      <Notices />
    </div>
  );
}

function skip() {
  document.getElementById("main")?.focus();
}

function Standing() {
  return (
    <span class={online.value ? "standing" : "standing away"} title="The newest revision of this store">
      {online.value ? (head.value > 0 ? `revision ${formatCount(head.value)}` : "connecting") : "no answer"}
    </span>
  );
}

/** Which entry a view without one of its own belongs to. */
const WITHIN: Readonly<Record<string, string>> = {
  ns: "",
  doc: "",
  edit: "",
  import: "",
  commit: "timeline",
};

function Navigation() {
  const { view } = route.value;
  return (
    <nav class="side" aria-label="Views">
      {Object.entries(VIEWS).map(([name, { title, offered, count = () => 0 }]) =>
        title === undefined || offered?.() === false ? null : (
          <a key={name} href={href(name)} aria-current={(WITHIN[view] ?? view) === name ? "page" : undefined}>
            {title}
            {count() > 0 && <span class="tag">{count()}</span>}
          </a>
        ),
      )}
    </nav>
  );
}

interface Outcome {
  readonly load: View["load"] | undefined;
  readonly View?: ComponentType;
  readonly error?: unknown;
}

async function notThere() {
  return NotThere;
}

function Outlet() {
  const { view } = route.value;
  const [loaded, setLoaded] = useState<Outcome>({ load: undefined });
  const load = VIEWS[view]?.load ?? notThere;
  useEffect(() => {
    load().then(
      (View) => setLoaded({ load, View }),
      (error: unknown) => setLoaded({ load, error }),
    );
  }, [load]);
  // The view of before would take this place for one of its own.
  if (loaded.load !== load) return <Skeleton lines={12} />;
  if (loaded.error !== undefined)
    return <ErrorBox error={loaded.error} again={() => globalThis.location.reload()} />;
  const { View: Shown } = loaded;
  return Shown === undefined ? <Skeleton lines={12} /> : <Shown />;
}

function NotThere() {
  return (
    <section class="empty">
      <h1>There is no such page</h1>
      <p>
        Perhaps a link was cut. <a href={href("")}>Look at all namespaces</a>
      </p>
    </section>
  );
}
