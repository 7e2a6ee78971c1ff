/** A namespace's settings as flags: what a command names is changed, what it unsets goes, the rest stays. */
import { NamespaceBody } from "../../lib/api/admin-bodies.ts";
import { EXIT, Failure } from "./failure.ts";
import { wholeNumber } from "./whole-number.ts";

export interface NamespaceFlags {
  readonly description?: string;
  readonly public?: boolean;
  readonly blindWrites?: boolean;
  readonly messageRequired?: boolean;
  readonly quotaKeys?: string;
  readonly quotaBytes?: string;
  readonly keepDays?: string;
  readonly review?: "all" | "budget" | "off";
}

/** Each flag and where its value lies in the settings. */
const PLACES: Readonly<Record<string, readonly [keyof NamespaceBody, string?]>> = {
  description: ["description"],
  public: ["public"],
  "blind-writes": ["blindWrites"],
  "message-required": ["messageRequired"],
  "quota-keys": ["quota", "keys"],
  "quota-bytes": ["quota", "bytes"],
  "keep-days": ["keep", "days"],
  review: ["review"],
};

/** What --unset takes. */
export const SETTING_NAMES = Object.keys(PLACES);

/** The settings that the flags name. */
export function namedSettings(flags: NamespaceFlags): NamespaceBody {
  const quota = {
    ...given("keys", wholeNumber("--quota-keys", flags.quotaKeys)),
    ...given("bytes", wholeNumber("--quota-bytes", flags.quotaBytes)),
  };
  const days = wholeNumber("--keep-days", flags.keepDays);
  return {
    ...given("description", flags.description),
    ...given("public", flags.public),
    ...given("blindWrites", flags.blindWrites),
    ...given("messageRequired", flags.messageRequired),
    ...(Object.keys(quota).length === 0 ? {} : { quota }),
    ...given("review", flags.review),
    ...(days === undefined ? {} : { keep: { days } }),
  };
}

function given<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  const member: { [name in K]?: V } = {};
  if (value !== undefined) member[name] = value;
  return member;
}

/** `there` with what is wanted, without what is unset. Refuses a setting that there is not, or that is both. */
export function changeSettings(
  there: Readonly<Record<string, unknown>> | NamespaceBody,
  wanted: NamespaceBody,
  unset: readonly string[],
): NamespaceBody {
  const kept = NamespaceBody.parse(
    Object.fromEntries(Object.entries(there).filter(([name]) => Object.hasOwn(NamespaceBody.shape, name))),
  );
  const changed = { ...kept, ...wanted };
  const quota = { ...kept.quota, ...wanted.quota };
  for (const name of unset) {
    const [member, part] = PLACES[name] ?? [];
    if (member === undefined)
      throw new Failure(EXIT.usage, `there is no setting ${name} to unset`, {
        hint: `they are ${SETTING_NAMES.join(", ")}`,
      });
    const isPart = part === "keys" || part === "bytes";
    if (isPart ? wanted.quota?.[part] !== undefined : wanted[member] !== undefined)
      throw new Failure(EXIT.usage, `--${name} is set and unset at once`);
    if (isPart) delete quota[part];
    else delete changed[member];
  }
  delete changed.quota;
  return Object.keys(quota).length === 0 ? changed : { ...changed, quota };
}

/** The flag for a place in the settings. */
export function flagOfSetting(pointer: string): string | undefined {
  const found = Object.entries(PLACES).find(([, place]) => `/${place.join("/")}` === pointer);
  return found === undefined ? undefined : `--${found[0]}`;
}
