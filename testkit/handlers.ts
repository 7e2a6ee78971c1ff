/** The components that a test asks in its own process, run as in a guest. */
import { gzipSync } from "node:zlib";
import { admin } from "../components/admin/handler.ts";
import { configPlan } from "../components/config-plan/handler.ts";
import { configRead } from "../components/config-read/handler.ts";
import { configWrite } from "../components/config-write/handler.ts";
import { consoleService } from "../components/console/handler.ts";
import { schemaCheck } from "../components/schema-check/handler.ts";
import type { HttpReply, HttpRequest } from "../lib/core/http.ts";
import { atOnce } from "../lib/engines/guest/at-once.ts";
import { commitJudged } from "../lib/http/commit-judged.ts";
import { commitLooked } from "../lib/http/commit-looked.ts";
import { SCHEMA_CHECK } from "../lib/http/schema-check.ts";
import type { CallComponent, World } from "../lib/http/world.ts";
import type { Migration } from "../lib/store/sqlite/migrate.ts";

type Handle = (request: HttpRequest, world: World) => HttpReply;

/** Service chaining to the component that judges by schemas; no other one is there. */
export function chainTo(check: Handle, world: World): CallComponent {
  return (component, path, body = new Uint8Array()) => {
    if (component !== SCHEMA_CHECK) return undefined;
    const headers = [
      ["spin-raw-component-route", "/..."],
      ["spin-client-addr", "0.0.0.0:0"],
    ] as const;
    const reply = check({ method: "POST", uri: path, headers, body }, world);
    const answer = typeof reply.body === "string" ? new TextEncoder().encode(reply.body) : reply.body;
    return { ...reply, body: answer };
  };
}

/** As the build packs it; tests in process look at routes and not at what a browser is given. */
const PAGE = [
  { name: "index.html", type: "text/html; charset=utf-8", content: "<!doctype html>" },
  { name: "main.js", type: "text/javascript; charset=utf-8", content: "main();" },
].map(({ name, type, content }) => ({
  name,
  type,
  gzip: gzipSync(content).toString("base64"),
}));

export function handlersOf(
  migrations: readonly Migration[],
): Readonly<Record<"read" | "write" | "plan" | "admin" | "check" | "console", Handle>> {
  return {
    read: atOnce(configRead(migrations)),
    write: atOnce(configWrite(migrations), commitJudged),
    plan: atOnce(configPlan(migrations), commitJudged),
    admin: atOnce(admin(migrations), commitLooked),
    check: atOnce(schemaCheck(migrations)),
    console: atOnce(consoleService(migrations, PAGE)),
  };
}
