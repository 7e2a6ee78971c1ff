/**
 * Every route that is built, as data: method, path, verb, what it takes, what it answers and every code it may
 * refuse with. The tests check each request and answer against it, so it cannot drift from the components.
 */

import type { Operation } from "./operation.ts";
import { adminRoutes } from "./operations/admin.ts";
import { documentRoutes } from "./operations/documents.ts";
import { runningRoutes } from "./operations/running.ts";

export const OPERATIONS: readonly Operation[] = [...documentRoutes, ...adminRoutes, ...runningRoutes];
