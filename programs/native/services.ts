/** The components whose handlers answer at once, by the names of spin.toml. */
import assets from "ledge:console";
import { admin } from "../../components/admin/handler.ts";
import { configPlan } from "../../components/config-plan/handler.ts";
import { configRead } from "../../components/config-read/handler.ts";
import { configWrite } from "../../components/config-write/handler.ts";
import { consoleService } from "../../components/console/handler.ts";
import { schemaCheck } from "../../components/schema-check/handler.ts";
import type { Service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";

export function servicesOf(migrations: readonly Migration[]): ReadonlyMap<string, Service> {
  return new Map([
    ["config-read", configRead(migrations)],
    ["config-write", configWrite(migrations)],
    ["config-plan", configPlan(migrations)],
    ["admin", admin(migrations)],
    ["console", consoleService(migrations, assets)],
    ["schema-check", schemaCheck(migrations)],
  ]);
}
