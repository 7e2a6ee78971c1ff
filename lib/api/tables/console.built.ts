/** The routes of console; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const CONSOLE = tableOf("console");
