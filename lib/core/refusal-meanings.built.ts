/** The table of refusals as a text of one line a code: code, status, whether it is retryable, title. */
import { type Meaning, REFUSALS } from "./refusal-table.ts";

const lines = Object.entries(REFUSALS).map(
  ([code, { status, title, retryable }]: [string, Meaning]) =>
    `${code} ${status} ${retryable === true ? "retryable" : "-"} ${title}`,
);
export const MEANINGS = `\n${lines.join("\n")}\n`;
