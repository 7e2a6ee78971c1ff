/** The routes of admin; see lib/api/table.ts. */
import { tableOf } from "../table.ts";

export const ADMIN = tableOf("admin");
