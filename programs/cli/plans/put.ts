/** `ledge put --plan`: what the server says that writing one document would do. */
import { parseEtag } from "../../../lib/core/revision.ts";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, say } from "../output.ts";
import { overrideMember } from "../override-option.ts";
import { printPlanned } from "./planned-change.ts";
import { askForPlan, refusalOfPlans, sayWarnings } from "./server-plan.ts";

interface Put {
  readonly target: { readonly namespace: string; readonly key: string };
  readonly type: string;
  readonly bytes: Uint8Array;
}

interface PutOptions {
  readonly if?: string;
  readonly message?: string;
  readonly override?: string;
  readonly output: "text" | "json";
}

/** Ends with exit code 8 where it would change something. */
export async function planPut(
  client: Client,
  { target, type, bytes }: Put,
  options: PutOptions,
): Promise<void> {
  const change = { op: "put", ...target, mediaType: type, base64: Buffer.from(bytes).toString("base64") };
  const ifRevision = revisionOf(options.if);
  const plan = await askForPlan(
    client,
    JSON.stringify({
      message: options.message,
      ...overrideMember(options.override),
      changes: [{ ...change, ifRevision }],
    }),
  );
  const [planned] = plan.changes;
  if (options.output === "json") printJson(plan);
  else if (planned !== undefined) {
    if (planned.result === "unchanged") say("nothing would change: it is there as it is");
    else await printPlanned(client, planned, decodeUtf8(bytes));
    sayWarnings(plan);
  }
  const refused = refusalOfPlans([plan]);
  if (refused !== undefined) throw refused;
  if (planned?.result !== "unchanged") process.exitCode = EXIT.changes;
}

/** What a plan has in place of an ETag; it knows one state, so it takes one. */
function revisionOf(condition: string | undefined): number | "any" | undefined {
  if (condition === undefined || condition === "any") return condition;
  if (condition === "absent") return 0;
  const tag = conditionHeaders(condition)["if-match"] ?? "";
  const etag = parseEtag(tag);
  if (etag === undefined) throw new Failure(EXIT.usage, "with --plan, --if takes one ETag");
  return etag.revision;
}
