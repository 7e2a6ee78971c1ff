/**
 * Every route that is built, as data: method, path, verb, what it takes, what it answers and every code it may
 * refuse with. The tests check each request and answer against it, so it cannot drift from the components.
 */
import { adminRoutes } from "./openapi-admin.ts";
import { documentRoutes } from "./openapi-documents.ts";
import type { Operation } from "./openapi-operation.ts";
import { runningRoutes } from "./openapi-running.ts";

export const OPERATIONS: readonly Operation[] = [...documentRoutes, ...adminRoutes, ...runningRoutes];
