/**
 * Every route that is built, as data: method, path, component, what it asks of its caller, what it takes, what it
 * answers and every code it may refuse with. The components' tables, `Allow`, the description, docs/http.md and the
 * access tests are made from it, and the types of what handlers are given and answer.
 */
import { adminRoutes } from "./operations/admin.ts";
import { consoleRoutes } from "./operations/console.ts";
import { documentRoutes } from "./operations/documents.ts";
import { internalRoutes } from "./operations/internal.ts";
import { planRoutes } from "./operations/plans.ts";
import { policyRoutes } from "./operations/policies.ts";
import { proposalRoutes } from "./operations/proposals.ts";
import { rolloutRoutes } from "./operations/rollouts.ts";
import { runningRoutes } from "./operations/running.ts";
import { schemaRoutes } from "./operations/schemas.ts";

/** What only components of ours ask each other; no client can, and no description tells. */
export const INTERNAL_OPERATIONS = internalRoutes;

export const OPERATIONS = [
  ...documentRoutes,
  ...planRoutes,
  ...proposalRoutes,
  ...adminRoutes,
  ...policyRoutes,
  ...schemaRoutes,
  ...rolloutRoutes,
  ...runningRoutes,
  ...consoleRoutes,
] as const;
