/**
 * `ledge template`: files made of the documents of a namespace, and made again when those change. The first rendering has to
 * succeed; of later ones the last that did stays.
 */
import { type Config, LedgeError, openConfig, type WatchEvent } from "../../../packages/client/index.ts";
import type { Connection } from "../context.ts";
import { EXIT, Failure } from "../failure.ts";
import { sayDone, sayWarning } from "../output.ts";
import { serverPlaceOf } from "../server/address.ts";
import { nodeFetch } from "../server/node-fetch.ts";
import { failureOfRefusal } from "../server/problem.ts";
import { unreachable } from "../server/unreachable.ts";
import type { Documents } from "./engine.ts";
import { RenderedFile } from "./rendered-file.ts";
import { type Demanded, parseWanted } from "./wanted.ts";

export interface TemplateOptions {
  readonly namespace: string;
  readonly once: boolean;
}

type Kept = Map<string, { readonly mediaType: string; readonly bytes: Uint8Array }>;

export async function runTemplates(
  connection: Connection,
  wanted: readonly Demanded[],
  { namespace, once }: TemplateOptions,
): Promise<void> {
  const files = wanted.map((one) => ({ one, file: new RenderedFile(one) }));
  const config = configOf(connection, namespace);
  try {
    if (once) {
      const { documents } = await config.list();
      await renderAll(files, stateOf(namespace, new Map(documents.map((one) => [one.key, one]))));
    } else await follow(config, namespace, files);
  } catch (error) {
    if (!(error instanceof LedgeError)) throw error;
    if (error.code === "unreachable") throw unreachable(serverPlaceOf(connection.url), error.cause);
    throw failureOfRefusal(error, {
      server: connection.url,
      tokenFrom: connection.tokenFrom,
      what: namespace,
    });
  } finally {
    await config.close();
  }
}

type Files = readonly { readonly one: Demanded; readonly file: RenderedFile }[];

async function follow(config: Config, namespace: string, files: Files): Promise<void> {
  const kept: Kept = new Map();
  // Nothing is followed of what was not there to be read at all.
  for (const { key, ...document } of (await config.list()).documents) kept.set(key, document);
  await renderAll(files, stateOf(namespace, kept));
  const watching = config.watch(
    "",
    async (event) => {
      take(kept, event);
      await renderAll(files, stateOf(namespace, kept)).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        sayWarning(
          error.code === "command_failed" ? error.message : `${error.message}; the file stays as it was`,
        );
      });
    },
    { initial: true },
  );
  await watching.done;
}

function take(kept: Kept, event: WatchEvent): void {
  if (event.type === "state") {
    kept.clear();
    for (const { key, ...document } of event.documents) kept.set(key, document);
    return;
  }
  for (const change of event.changes) {
    if (change.op === "put") kept.set(change.key, change);
    else kept.delete(change.key);
  }
}

/** Every file is tried; the first failure is thrown after that. */
async function renderAll(files: Files, documents: Documents): Promise<void> {
  const failed: unknown[] = [];
  for (const { one, file } of files) {
    try {
      if (await file.render(documents)) sayDone(`${one.out} is another file now`);
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}

function stateOf(namespace: string, kept: Kept): Documents {
  return {
    namespace,
    document: (key) => kept.get(key),
    keys: (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

function configOf({ url, token, ca }: Connection, namespace: string): Config {
  const place = serverPlaceOf(url);
  return openConfig({
    url: place.url,
    ...(token === undefined ? {} : { token }),
    fetch: nodeFetch({ ca, socketPath: place.socketPath }),
    namespace,
    onTrouble: (error) => {
      if (error instanceof LedgeError) sayWarning(`${error.message}; trying again until there is an answer`);
    },
  });
}

/** What `ledge template` was told in words. Throws Failure. */
export function demandedOf(texts: readonly string[], command: string | undefined): Demanded[] {
  return texts.map((text) => {
    const wanted = parseWanted(text);
    if (wanted === undefined || wanted.command !== undefined)
      throw new Failure(EXIT.usage, `${text}: say TEMPLATE:FILE, such as app.conf.tmpl:/etc/app.conf`);
    return { ...wanted, command };
  });
}
