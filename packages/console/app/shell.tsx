/** What stands around every view: where one can go, how far the store is, who is signed in. */
import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { formatCount } from "../parts/amount.ts";
import { ErrorBox } from "../parts/failure.tsx";
import { shownName } from "../parts/shown-text.ts";
import { Skeleton } from "../parts/skeleton.tsx";
import { Closed } from "./closed.tsx";
import { Notices } from "./notices.tsx";
import { Palette } from "./palette.tsx";
import { openPalette } from "./palette-open.ts";
import { href, route } from "./router.ts";
import { lookMode, noteSignedOut, whoami } from "./session.ts";
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
        <Closed />
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
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the entries are a row that is longer than the screen.
    const box = nav.current;
    const entry = box?.querySelector<HTMLElement>("[aria-current]");
    if (box && entry) box.scrollLeft = entry.offsetLeft - (box.clientWidth - entry.offsetWidth) / 2;
  }, [view]);
  return (
    <nav class="side" aria-label="Views" ref={nav}>
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
  const [broken, mend] = useErrorBoundary();
  useEffect(() => {
    // What comes late is of a place that was left.
    let left = false;
    const set = (outcome: Outcome) => left || setLoaded(outcome);
    load().then(
      (View) => set({ load, View }),
      (error: unknown) => set({ load, error }),
    );
    return () => {
      left = true;
    };
  }, [load]);
  useEffect(() => {
    // The mode is no part of what the store's feed tells, and is to be known before somebody edits.
    lookMode().catch(noteSignedOut);
    document.title = [titleOf(route.value), "Ledge"].filter(Boolean).join(" · ");
    if (broken !== undefined) mend();
  }, [route.value]);
  if (broken !== undefined) return <ErrorBox error={broken} again={mend} />;
  // The view of before would take this place for one of its own.
  if (loaded.load !== load) return <Skeleton lines={12} />;
  if (loaded.error !== undefined)
    return <ErrorBox error={loaded.error} again={() => globalThis.location.reload()} />;
  const { View: Shown } = loaded;
  return Shown === undefined ? <Skeleton lines={12} /> : <Shown />;
}

/** For the browser's tabs and its history. */
function titleOf({ view, parts }: typeof route.value): string {
  const place = shownName(parts.filter(Boolean).join("/"));
  return [VIEWS[view]?.title, place].filter(Boolean).join(" ");
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
