/**
 * SQL as text: where one statement ends, and which parameters it names.
 * Promise: the same ends as SQLite's own `sqlite3_complete`, so a trigger's inner semicolons end nothing,
 * and the same parameter numbers as its parser. Knows tokens only, not whether a statement makes sense.
 */

export interface SqlToken {
  readonly kind: "word" | "parameter" | "semicolon" | "comment" | "space" | "other";
  readonly start: number;
  readonly end: number;
}

const WORD = /[A-Za-z0-9_$\u0080-\uffff]/;

/** Every token of a text, in order, without gaps. An unended string or comment reaches the end. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (let start = 0; start < sql.length; ) {
    const token = tokenAt(sql, start);
    tokens.push(token);
    start = token.end;
  }
  return tokens;
}

/** The single statements of a text, trimmed, without comments and without their semicolons. */
export function splitSql(sql: string): string[] {
  const statements: string[] = [];
  let text = "";
  const end = statementEnd();
  for (const token of sqlTokens(sql)) {
    if (end(token, sql)) {
      if (text.trim() !== "") statements.push(text.trim());
      text = "";
    } else {
      text += token.kind === "comment" ? " " : sql.slice(token.start, token.end);
    }
  }
  if (text.trim() !== "") statements.push(text.trim());
  return statements;
}

/** The first statement of a text as it stands (Spin runs that one alone); undefined when there is none. */
export function firstStatement(sql: string): string | undefined {
  const end = statementEnd();
  let begun = -1;
  for (const token of sqlTokens(sql)) {
    if (end(token, sql)) {
      if (begun >= 0) return sql.slice(0, token.start);
    } else if (begun < 0 && token.kind !== "space" && token.kind !== "comment") begun = token.start;
  }
  return begun < 0 ? undefined : sql;
}

export interface ParameterPlan {
  /** How many values must be given: the highest parameter number. */
  readonly count: number;
  /** Numbers of the bare `?`, in order: better-sqlite3 takes those as arguments. */
  readonly positional: readonly number[];
  /** Name without its sign → number, for `?1`, `:a`, `@a`, `$a`: better-sqlite3 takes those as one object. */
  readonly named: readonly (readonly [string, number])[];
}

/** Numbers parameters as SQLite does: `?` is one more than the highest so far, a name met again is the same. */
export function parameterPlan(sql: string): ParameterPlan {
  let count = 0;
  const positional: number[] = [];
  const named = new Map<string, number>();
  const numbered = new Set<number>();
  for (const token of sqlTokens(sql)) {
    if (token.kind !== "parameter") continue;
    const text = sql.slice(token.start, token.end);
    if (text === "?") {
      count += 1;
      positional.push(count);
    } else if (text.startsWith("?")) {
      const number = Number(text.slice(1));
      count = Math.max(count, number);
      if (numbered.has(number) || positional.includes(number)) continue;
      numbered.add(number);
      named.set(text.slice(1), number);
    } else if (!named.has(text.slice(1))) {
      count += 1;
      named.set(text.slice(1), count);
    }
  }
  return { count, positional, named: [...named] };
}

/** The state machine of `sqlite3_complete`: says for each token in turn whether it ends the statement. */
function statementEnd(): (token: SqlToken, sql: string) => boolean {
  let words: string[] = [];
  let trigger = false;
  let afterSemicolon = false;
  let afterEnd = false;
  return (token, sql) => {
    if (token.kind === "space" || token.kind === "comment") return false;
    if (token.kind === "semicolon" && (!trigger || afterEnd)) {
      words = [];
      trigger = false;
      afterSemicolon = false;
      afterEnd = false;
      return true;
    }
    if (token.kind === "semicolon") {
      afterSemicolon = true;
      return false;
    }
    const word = token.kind === "word" ? sql.slice(token.start, token.end).toLowerCase() : "";
    if (words.length < 5) {
      words.push(word);
      trigger =
        /^(explain (query plan )?)?create (temp |temporary )?trigger$/.test(words.join(" ")) || trigger;
    }
    afterEnd = afterSemicolon && word === "end";
    afterSemicolon = false;
    return false;
  };
}

function tokenAt(sql: string, start: number): SqlToken {
  const char = sql.charAt(start);
  const two = sql.slice(start, start + 2);
  if (char === ";") return { kind: "semicolon", start, end: start + 1 };
  if (two === "--") return { kind: "comment", start, end: until(sql, start, "\n") };
  if (two === "/*") return { kind: "comment", start, end: until(sql, start + 2, "*/") };
  if (char === "'" || char === '"' || char === "`")
    return { kind: "other", start, end: quoteEnd(sql, start) };
  if (char === "[") return { kind: "other", start, end: until(sql, start, "]") };
  if (/\s/.test(char)) return { kind: "space", start, end: runEnd(sql, start + 1, /\s/) };
  if (char === "?") return { kind: "parameter", start, end: runEnd(sql, start + 1, /[0-9]/) };
  if (/[:@$#]/.test(char) && WORD.test(sql.charAt(start + 1))) {
    return { kind: "parameter", start, end: runEnd(sql, start + 1, WORD) };
  }
  if (WORD.test(char)) return { kind: "word", start, end: runEnd(sql, start + 1, WORD) };
  return { kind: "other", start, end: start + 1 };
}

function until(sql: string, from: number, mark: string): number {
  const at = sql.indexOf(mark, from);
  return at < 0 ? sql.length : at + mark.length;
}

/** A doubled quote inside stays inside. */
function quoteEnd(sql: string, start: number): number {
  const quote = sql.charAt(start);
  let at = start + 1;
  while (at < sql.length) {
    if (sql.charAt(at) !== quote) at += 1;
    else if (sql.charAt(at + 1) === quote) at += 2;
    else return at + 1;
  }
  return sql.length;
}

function runEnd(sql: string, from: number, set: RegExp): number {
  let at = from;
  while (at < sql.length && set.test(sql.charAt(at))) at += 1;
  return at;
}
