/** The routes of snapshot-export; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const SNAPSHOT_EXPORT = tableOf("snapshot-export");
