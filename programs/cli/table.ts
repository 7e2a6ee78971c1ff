/** Tables for people. At a terminal they fit its width; what is piped is one line a row. */
import Table from "cli-table3";
import { fitRows, GAP } from "./fitted-rows.ts";
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
    middle: " ".repeat(GAP),
  };
  const { isTTY, columns } = process.stdout;
  const all = [head, ...rows.map((row) => row.map(escapeControl))];
  const [names = [], ...shown] = isTTY === true && columns > 0 ? fitRows(all, columns) : all;
  const table = new Table({
    ...(names.some((name) => name !== "") ? { head: [...names] } : {}),
    chars: none,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of shown) table.push([...row]);
  process.stdout.write(`${table.toString().replace(/[ \t]+$/gm, "")}\n`);
}
