/** The components that a test asks in its own process, run as in a guest. */
import { admin } from "../components/admin/handler.ts";
import { configPlan } from "../components/config-plan/handler.ts";
import { configRead } from "../components/config-read/handler.ts";
import { configWrite } from "../components/config-write/handler.ts";
import type { HttpReply, HttpRequest } from "../lib/core/http.ts";
import { atOnce } from "../lib/engines/guest/at-once.ts";
import { commitLooked } from "../lib/http/commit-looked.ts";
import type { World } from "../lib/http/world.ts";
import type { Migration } from "../lib/store/sqlite/migrate.ts";

type Handle = (request: HttpRequest, world: World) => HttpReply;

export function handlersOf(
  migrations: readonly Migration[],
): Readonly<Record<"read" | "write" | "plan" | "admin", Handle>> {
  return {
    read: atOnce(configRead(migrations)),
    write: atOnce(configWrite(migrations), commitLooked),
    plan: atOnce(configPlan(migrations), commitLooked),
    admin: atOnce(admin(migrations), commitLooked),
  };
}
