/** The views by their names in addresses. Each but the first ones is loaded when it is looked at. */
import type { ComponentType } from "preact";
import type { Verb } from "../../../lib/core/grant.ts";
import { draftNames } from "../changes/draft-names.ts";
import { Browse } from "../views/browse/browse.tsx";
import { mayAll, whoami } from "./session.ts";

export interface View {
  /** In the navigation; without it the view is reached from others. */
  readonly title?: string;
  /** How many things wait there; none is not shown. */
  readonly count?: () => number;
  /** Whether this caller is offered it. */
  readonly offered?: () => boolean;
  readonly load: () => Promise<ComponentType>;
}

/** Over anything. */
const holds = (verb: Verb) => () => (whoami.value?.grants ?? []).some(({ verbs }) => verbs.includes(verb));

/** One view for three names: it stays where it is between them. It is what people see first, so it comes with the page. */
async function browse() {
  return Browse;
}

export const VIEWS: Readonly<Record<string, View>> = {
  "": { title: "Browse", load: browse },
  ns: { load: browse },
  doc: { load: browse },
  edit: { load: async () => (await import("../views/edit/edit.tsx")).Edit },
  import: { load: async () => (await import("../views/import/import.tsx")).Import },
  changes: {
    title: "Changes",
    count: () => draftNames.value.length,
    offered: () => holds("write")() || holds("plan")(),
    load: async () => (await import("../views/changes/changes.tsx")).Changes,
  },
  proposals: {
    title: "Proposals",
    offered: () => holds("plan")() || holds("approve")(),
    load: async () => (await import("../views/proposals/proposals.tsx")).Proposals,
  },
  timeline: {
    title: "Timeline",
    offered: holds("history"),
    load: async () => (await import("../views/history/timeline.tsx")).Timeline,
  },
  commit: { load: async () => (await import("../views/history/commit.tsx")).CommitPage },
  compare: {
    title: "Compare",
    offered: holds("history"),
    load: async () => (await import("../views/compare/compare.tsx")).Compare,
  },
  rollouts: {
    title: "Rollouts",
    offered: () => holds("rollout")() || holds("approve")() || holds("admin")(),
    load: async () => (await import("../views/rollouts/rollouts.tsx")).Rollouts,
  },
  fleet: {
    title: "Fleet",
    offered: () => mayAll("status") || mayAll("admin"),
    load: async () => (await import("../views/fleet/fleet.tsx")).FleetPage,
  },
  backups: {
    title: "Backups",
    offered: () => mayAll("backup"),
    load: async () => (await import("../views/backups/backups.tsx")).Backups,
  },
  settings: {
    title: "Settings",
    offered: () => holds("admin")() || mayAll("status"),
    load: async () => (await import("../views/settings/settings.tsx")).Settings,
  },
};
