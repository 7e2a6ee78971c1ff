/** How a connection writes, alone; a commit asks for it with its facts. */
import { durabilityColumns, durabilityText } from "./durability-columns.ts";
import { statement } from "./statement-build.ts";

export const durabilitySql = statement(durabilityColumns, `select ${durabilityText}`);
