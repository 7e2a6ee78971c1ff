/** Schemas: what documents of a namespace, or below a scope of it, must be. */
import type { SchemasPage } from "../../../../lib/api/admin-answers.ts";
import { part, server } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { bytesWords } from "../../parts/amount.ts";
import { useLoad } from "../../parts/load.ts";
import { shownName } from "../../parts/shown-text.ts";
import { documentText } from "../../parts/text.ts";
import { ScopedSettings } from "./scoped.tsx";
import type { SettingToEdit } from "./setting.ts";

const FIRST =
  '{\n  "$schema": "https://json-schema.org/draft/2020-12/schema",\n  "type": "object",\n  "properties": {}\n}';

export function SchemaSettings() {
  const loaded = useLoad(readSchemas, [moves.value], "schemas");
  return <ScopedSettings loaded={loaded} settingFor={settingFor} />;
}

async function readSchemas(signal: AbortSignal) {
  const all = await pages<SchemasPage>("/v1/admin/schemas", { limit: 1000 }, signal);
  return all.flatMap(({ schemas }) => schemas.map((one) => ({ ...one, says: bytesWords(one.size) })));
}

async function settingFor(
  { namespace, scope }: { namespace: string; scope: string },
  isNew: boolean,
): Promise<SettingToEdit> {
  const path = `/v1/admin/schemas/${part(namespace)}`;
  const query = { scope: scope || undefined };
  const setting = {
    title: `Schema of ${namespace}${scope && `/${shownName(scope)}`}`,
    path,
    query,
    about: `JSON Schema 2020-12, for ${whatOf(scope)}. The documents that are there are compared with it before it is saved.`,
    fields: [],
    judged: "The server has compared the documents that are there: all of them fit.",
  };
  if (isNew) return { ...setting, etag: undefined, text: FIRST };
  const { bytes, headers } = await server.ask({ method: "GET", path, query });
  return { ...setting, etag: headers.get("etag") ?? undefined, text: documentText(bytes) ?? "" };
}

function whatOf(scope: string): string {
  if (scope === "") return "all documents of the namespace";
  return scope.endsWith("/") ? `the documents below ${shownName(scope)}` : `the document ${shownName(scope)}`;
}
