/** The routes of config-write; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const CONFIG_WRITE = tableOf("config-write");
