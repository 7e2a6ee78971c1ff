/** What only administration changes: namespaces, schemas, policies, tokens; the audit; the server's state and limits. */
import type { ComponentType } from "preact";
import { href, route } from "../../app/router.ts";
import { mayAll, whoami } from "../../app/session.ts";
import { AuditSettings } from "./audit.tsx";
import { NamespacesTab } from "./namespaces.tsx";
import { PolicySettings } from "./policies.tsx";
import { SchemaSettings } from "./schemas.tsx";
import { StatusSettings } from "./status.tsx";
import { TokenSettings } from "./tokens.tsx";

interface Tab {
  readonly title: string;
  readonly offered: () => boolean;
  readonly View: ComponentType;
}

const administers = () => (whoami.value?.grants ?? []).some(({ verbs }) => verbs.includes("admin"));

const TABS: Readonly<Record<string, Tab>> = {
  namespaces: { title: "Namespaces", offered: () => mayAll("admin"), View: NamespacesTab },
  schemas: { title: "Schemas", offered: administers, View: SchemaSettings },
  policies: { title: "Policies", offered: administers, View: PolicySettings },
  tokens: { title: "Tokens", offered: administers, View: TokenSettings },
  audit: { title: "Audit", offered: () => mayAll("admin"), View: AuditSettings },
  status: {
    title: "Status and limits",
    offered: () => mayAll("status") || mayAll("admin"),
    View: StatusSettings,
  },
};

export function Settings() {
  const offered = Object.entries(TABS).filter(([, tab]) => tab.offered());
  const [first] = offered;
  const name = route.value.parts[0] ?? first?.[0] ?? "";
  const tab = offered.find(([one]) => one === name)?.[1];
  return (
    <section>
      <h1>Settings</h1>
      <nav class="tabs" aria-label="Settings">
        {offered.map(([one, { title }]) => (
          <a
            key={one}
            class="tab"
            href={href("settings", [one])}
            aria-current={one === name ? "page" : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {tab === undefined ? <p class="soft">Your token administers nothing of this.</p> : <tab.View />}
    </section>
  );
}
