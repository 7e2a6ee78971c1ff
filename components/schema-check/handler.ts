/**
 * schema-check: judges values by schemas for the components that write. Only service chaining reaches it. Apart from them,
 * since the validator and the parsers are larger than all of a writer.
 */
import { SCHEMA_CHECK_TABLE } from "../../lib/api/tables/schema-check.built.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postCompare } from "./compare.ts";
import { postValues } from "./values.ts";

const PARTS: Parts<"schema-check"> = {
  handlers: { judgeValues: postValues, compareSchema: postCompare },
  bodies: {},
};

/** The component's service, for stores of the migrations it was built with. */
export function schemaCheck(migrations: readonly Migration[]): Service {
  return service(SCHEMA_CHECK_TABLE, PARTS, migrations);
}
