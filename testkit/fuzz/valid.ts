/** Requests that are right in form, for each operation of the interface and each kind of caller. */
import type { Operation } from "../../lib/api/operation.ts";
import { OPERATIONS } from "../../lib/api/operations.ts";
import { goodBody, goodPath } from "../asks.ts";
import type { Random } from "../random.ts";
import { bodyBytes, shapedJson } from "./json.ts";
import { framed, type SentRequest } from "./sent.ts";
import { sometimes } from "./words.ts";

/** Who may ask, by what follows `Bearer `. */
export interface Callers {
  readonly root: string;
  /** Reads, writes, plans and looks back in `shop`. */
  readonly writer: string;
  /** Reads `shop`. */
  readonly reader: string;
  readonly bootstrap: string;
  readonly recovery: string;
}

/** A token that nobody was given; its check characters are wrong, too. */
const STRANGE = `ldg_${"a".repeat(12)}_${"b".repeat(43)}cccccc`;

/** Each takes a tenth of a second and more: asked less often than the others. */
const SLOW = 12;

export function anyOperation(random: Random): Operation {
  const operation: Operation = OPERATIONS[random.below(OPERATIONS.length)] ?? OPERATIONS[0];
  const rare = operation.component === "snapshot-export" || ENDING.has(operation.id);
  return rare && !sometimes(random, SLOW) ? anyOperation(random) : operation;
}

/** What takes from the others what they ask for. */
const ENDING = new Set(["putMode", "deleteNamespace", "revokeToken", "revokeTokens"]);

export function validRequest(random: Random, callers: Callers): SentRequest {
  const operation = anyOperation(random);
  const good = goodBody(operation);
  const headers: [string, string][] = [["Host", "127.0.0.1"]];
  const credentials = anyCredentials(random, callers, operation);
  if (credentials !== undefined) headers.push(["Authorization", credentials]);
  for (const [name, value] of Object.entries(good.headers ?? {})) headers.push([name, value]);
  let body: Buffer = Buffer.from(
    good.json === undefined ? String(good.body ?? "") : JSON.stringify(good.json),
  );
  const shape = operation.body?.schema;
  if (shape !== undefined && shape !== "bytes") {
    headers.push(["content-type", "application/json"]);
    if (!sometimes(random, 4)) body = bodyBytes(random, shapedJson(random, shape));
  }
  if (operation.parameters.includes("ifMatch") && sometimes(random, 2)) headers.push(["If-Match", "*"]);
  const method = operation.method === "get" && sometimes(random, 6) ? "HEAD" : operation.method.toUpperCase();
  const target = goodPath(operation, callers.reader);
  return framed({ method, target, version: "HTTP/1.1", headers, body });
}

function anyCredentials(random: Random, callers: Callers, { needs }: Operation): string | undefined {
  if (needs === "bootstrap_secret" && !sometimes(random, 4)) return `Bearer ${callers.bootstrap}`;
  if (needs === "recovery_secret" && !sometimes(random, 4)) return `Bearer ${callers.recovery}`;
  switch (random.below(12)) {
    case 0:
      return undefined;
    case 1:
      return random.pick([
        `Bearer ${STRANGE}`,
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        `bearer ${callers.reader}`,
        `Bearer ${callers.reader}x`,
      ]);
    case 2:
    case 3:
      return `Bearer ${callers.reader}`;
    case 4:
    case 5:
    case 6:
      return `Bearer ${callers.writer}`;
    default:
      return `Bearer ${callers.root}`;
  }
}
