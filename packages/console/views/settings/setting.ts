/** A setting to change: where it is, what stands there, and how its form is made. What there is to it besides JSON is data. */
import type { Members } from "../../../../lib/core/json-object.ts";
import { LedgeError } from "../../../client/errors.ts";
import { server } from "../../app/server.ts";

interface FieldAbout {
  /** Where it stands in the setting, as in the server's refusals: `/quota/keys`. */
  readonly pointer: string;
  readonly label: string;
  readonly help: string;
}

export type FieldSpec = FieldAbout &
  (
    | { readonly kind: "text" | "flag" | "bytes" }
    | { readonly kind: "count"; readonly unit: string; readonly min?: number; readonly max?: number }
    | { readonly kind: "choice"; readonly choices: Readonly<Record<string, string>> }
    /** Spans of time with a reason: `{from, until, reason}`. */
    | { readonly kind: "spans" }
  );

export interface SettingToEdit {
  readonly title: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Undefined for a new one. */
  readonly etag: string | undefined;
  /** As JSON. */
  readonly text: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** None: it is written as JSON alone. */
  readonly fields: readonly FieldSpec[];
  /** What it means that the server has nothing against it. */
  readonly judged?: string;
  /** What to look at twice before it is saved. */
  readonly notes?: (after: Members) => readonly string[];
}

/** What an answer says of where a setting stands and when it was made, which is no part of the setting. */
const ABOUT = ["name", "namespace", "scope", "keys", "bytes", "created", "revision", "etag", "modified"];

/** A setting as it was answered, whole: also what no form knows stays when it is saved. */
export function settingText(answer: object): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(answer).filter(([name]) => !ABOUT.includes(name))),
    null,
    2,
  );
}

export type Way = "PUT" | "DELETE";

interface Sending {
  readonly setting: SettingToEdit;
  readonly way: Way;
  readonly text: string;
  /** Documents that fail a schema stay. */
  readonly accepts: boolean;
}

/** Of a document that no store can hold: a change under it is judged, and never made. */
const NEVER = '"9007199254740991-00000000"';

/**
 * Has the server judge a change without making it: its condition cannot hold, and is the last thing that is looked at.
 * Throws what stands against it.
 */
export async function judgeChange(sending: Sending): Promise<void> {
  try {
    await ask(sending, { "if-match": NEVER });
  } catch (error) {
    if (error instanceof LedgeError && ["stale", "lineage", "not_found"].includes(error.code)) return;
    throw error;
  }
}

/** Only over what was read. */
export async function makeChange(sending: Sending, message: string): Promise<void> {
  const { etag } = sending.setting;
  const condition = etag === undefined ? { "if-none-match": "*" } : { "if-match": etag };
  await ask(sending, { ...condition, "idempotency-key": crypto.randomUUID() }, message);
}

function ask({ setting, way, text, accepts }: Sending, headers: Record<string, string>, message = "") {
  const { path, query = {} } = setting;
  return server.ask({
    method: way,
    path,
    query: { ...query, message: message || undefined, existing: accepts ? "accept" : undefined },
    ...(way === "PUT"
      ? { headers: { ...headers, "content-type": "application/json" }, body: text }
      : { headers }),
  });
}
