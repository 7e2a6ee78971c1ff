/**
 * What a statement does to the connection it runs on, judged by its words: whether Spin's authorizer would
 * refuse it, and whether the connection may serve another request afterwards.
 */
import { sqlTokens } from "../../../lib/store/sqlite/sql-text.ts";

export interface StatementTraits {
  /** The text that Spin's SQLite refuses it with, if it does. */
  readonly refusal: string | undefined;
  /** It leaves something on the connection (a pragma set, a database attached, a temporary table). */
  readonly marksConnection: boolean;
  /** It asks for more syncing than the connection had; the pool puts that back. */
  readonly raisesSynchronous: boolean;
  /** It asks for a count or row id that on Spin starts from nothing in each request. */
  readonly asksCounters: boolean;
}

/** Pragmas that, without a value, only tell. */
const TELLING = new Set(
  `application_id auto_vacuum busy_timeout cache_size cache_spill collation_list compile_options data_version
  database_list encoding foreign_keys freelist_count function_list journal_mode journal_size_limit
  locking_mode max_page_count mmap_size module_list page_count page_size pragma_list query_only
  recursive_triggers schema_version secure_delete synchronous temp_store threads user_version
  wal_autocheckpoint integrity_check quick_check foreign_key_check`.split(/\s+/),
);
/** Pragmas whose parenthesis names what to look at. */
const LOOKING = new Set(
  `table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check
  integrity_check quick_check`.split(/\s+/),
);
/** Settings that every connection of the host has already; to set them again changes nothing. */
const ALREADY = new Set([
  "synchronous=full",
  "synchronous=2",
  "foreign_keys=on",
  "foreign_keys=1",
  "foreign_keys=true",
  "busy_timeout=5000",
]);

/** What every write of ours asks for: to close the connection after each would cost more than the write. */
const RAISED = new Set(["synchronous=extra", "synchronous=3"]);

const PLAIN: StatementTraits = {
  refusal: undefined,
  marksConnection: false,
  raisesSynchronous: false,
  asksCounters: false,
};
const SUSPECT = /attach|detach|vacuum|pragma|temp|changes\s*\(|last_insert_rowid\s*\(/i;

/** Judges the first statement of a text. */
export function statementTraits(sql: string): StatementTraits {
  if (!SUSPECT.test(sql)) return PLAIN;
  const words: string[] = [];
  for (const token of sqlTokens(sql)) {
    if (token.kind !== "space" && token.kind !== "comment") words.push(sql.slice(token.start, token.end));
  }
  const lower = words.map((word) => word.toLowerCase());
  const first = lower[0] === "explain" ? "" : lower[0];
  if (first === "attach") return { ...PLAIN, refusal: attachRefusal(words), marksConnection: true };
  if (first === "detach") return { ...PLAIN, marksConnection: true };
  if (first === "vacuum" && lower.includes("into")) return { ...PLAIN, refusal: "authorization denied" };
  if (first === "pragma") {
    const raisesSynchronous = RAISED.has(settingOf(lower));
    return {
      ...PLAIN,
      raisesSynchronous,
      marksConnection: !raisesSynchronous && !isHarmlessPragma(lower),
    };
  }
  return {
    ...PLAIN,
    marksConnection: lower.some((word) => /^"?temp(orary)?"?$/.test(word)) || /\btemp\s*\./i.test(sql),
    asksCounters: /\b(total_changes|changes|last_insert_rowid)\s*\(/i.test(sql),
  };
}

/** Only databases without a file may be attached; a parameter's value is not known when Spin judges. */
function attachRefusal(words: readonly string[]): string | undefined {
  const at = words[1]?.toLowerCase() === "database" ? 2 : 1;
  const name = words[at] ?? "";
  const next = words[at + 1]?.toLowerCase() ?? "";
  const literal = /^(['"])(.*)\1$/s.exec(name);
  const harmless = literal !== null && (literal[2] === "" || literal[2] === ":memory:") && next === "as";
  return harmless ? undefined : "not authorized";
}

/** Name and value of a pragma: where it has a schema, without that. */
function pragmaParts(words: readonly string[]): { name: string; value: readonly string[] } {
  const rest = words.slice(1);
  const start = rest[1] === "." ? 2 : 0;
  return { name: rest[start] ?? "", value: rest.slice(start + 1).filter((word) => word !== ";") };
}

function settingOf(words: readonly string[]): string {
  const { name, value } = pragmaParts(words);
  return `${name}=${value.filter((word) => !"=()".includes(word)).join("")}`;
}

function isHarmlessPragma(words: readonly string[]): boolean {
  const { name, value } = pragmaParts(words);
  if (value.length === 0) return TELLING.has(name) || LOOKING.has(name);
  if (value[0] === "(" && LOOKING.has(name)) return true;
  return ALREADY.has(settingOf(words));
}
