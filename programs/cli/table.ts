/** Tables for people. */
import Table from "cli-table3";
import { escapeControl } from "./output.ts";

/** Rows under plain headings, without lines; for scripts there is `-o json`. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  };
  const table = new Table({
    ...(head.some((name) => name !== "") ? { head: [...head] } : {}),
    chars: none,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push(row.map(escapeControl));
  process.stdout.write(`${table.toString().replace(/[ \t]+$/gm, "")}\n`);
}
