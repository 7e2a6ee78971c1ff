/**
 * The manifest for platforms that know only HTTP: spin.toml without its cron triggers. Derived as text, so
 * that comments and order stay, and never edited by hand. There, a scheduler asks `POST /v1/backup/run`.
 */
import { parse } from "smol-toml";

/** Takes the `[[trigger.cron]]` tables out. Throws when anything else would change by it. */
export function withoutCron(manifest: string): string {
  const lines: string[] = [];
  let inCron = false;
  for (const line of manifest.split("\n")) {
    if (/^\s*\[/.test(line))
      inCron = /^\s*\[\[\s*trigger\.cron\s*\]\]/.test(line) || /^\s*\[+trigger\.cron\./.test(line);
    if (!inCron) lines.push(line);
  }
  const derived = lines.join("\n");
  requireSameButCron(parse(manifest), parse(derived));
  return derived;
}

function requireSameButCron(full: Record<string, unknown>, derived: Record<string, unknown>): void {
  const { trigger, ...rest } = full;
  const triggers = Object.entries(typeof trigger === "object" && trigger !== null ? trigger : {});
  const expected = { ...rest, trigger: Object.fromEntries(triggers.filter(([type]) => type !== "cron")) };
  if (sorted(expected) !== sorted(derived)) throw new Error("the derived manifest differs in more than cron");
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
