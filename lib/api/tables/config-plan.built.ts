/** The routes of config-plan; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const CONFIG_PLAN = tableOf("config-plan");
