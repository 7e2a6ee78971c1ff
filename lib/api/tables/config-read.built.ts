/** The routes of config-read; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const CONFIG_READ = tableOf("config-read");
