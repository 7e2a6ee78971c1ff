/** console: the page for browsers, what it loads, and the session that its requests carry. Reads tokens and writes nothing. */
import { CONSOLE } from "../../lib/api/tables/console.built.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { getAsset, getPage, type PackedAsset, unpackAssets } from "./assets.ts";
import { deleteSession, getSession, postSession } from "./session.ts";

/** The component's service, for stores of the migrations and pages with the files that it was built with. */
export function consoleService(migrations: readonly Migration[], packed: readonly PackedAsset[]): Service {
  const assets = unpackAssets(packed);
  const parts: Parts<"console"> = {
    handlers: {
      openConsole: getPage(assets),
      readConsoleAsset: getAsset(assets),
      beginConsoleSession: postSession,
      readConsoleSession: getSession,
      endConsoleSession: deleteSession,
    },
    bodies: {},
  };
  return service(CONSOLE, parts, migrations);
}
