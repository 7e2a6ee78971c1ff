/** The views by their names in addresses. Each but the first ones is loaded when it is looked at. */
import type { ComponentType } from "preact";
import type { Verb } from "../../../lib/core/grant.ts";
import { mayAll, whoami } from "./session.ts";

export interface View {
  /** In the navigation; without it the view is reached from others. */
  readonly title?: string;
  /** Whether this caller is offered it. */
  readonly offered?: () => boolean;
  readonly load: () => Promise<ComponentType>;
}

const holds = (verb: Verb) => () => (whoami.value?.grants ?? []).some(({ verbs }) => verbs.includes(verb));

export const VIEWS: Readonly<Record<string, View>> = {
  "": { title: "Browse", load: async () => (await import("../views/browse/browse.tsx")).Browse },
  ns: { load: async () => (await import("../views/browse/browse.tsx")).Browse },
  doc: { load: async () => (await import("../views/browse/browse.tsx")).Browse },
};

/** For administration of all. */
export const administers = () => mayAll("admin");
export { holds };
