/** The routes of schema-check; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const SCHEMA_CHECK_TABLE = tableOf("schema-check");
