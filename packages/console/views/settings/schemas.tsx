/** Schemas: what documents of a namespace, or below a scope of it, must be. */
import type { SchemasPage } from "../../../../lib/api/admin-answers.ts";
import { part, server } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { bytesWords } from "../../parts/amount.ts";
import { useLoad } from "../../parts/load.ts";
import { documentText } from "../../parts/text.ts";
import type { SettingToEdit } from "./json-setting.tsx";
import { ScopedSettings } from "./scoped.tsx";

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
  const about =
    "JSON Schema 2020-12. Documents that are there already are compared with it before it is saved.";
  const title = `Schema of ${namespace}${scope && `/${scope}`}`;
  if (isNew) return { title, path, query, etag: undefined, text: FIRST, about };
  const { bytes, headers } = await server.ask({ method: "GET", path, query });
  return {
    title,
    path,
    query,
    etag: headers.get("etag") ?? undefined,
    text: documentText(bytes) ?? "",
    about,
  };
}
