/** One namespace as people see it: what it holds, and each setting in the words of its flag. */
import type { Namespace } from "../../../lib/api/admin-answers.ts";
import { countWords, formatBytes } from "../output.ts";
import { printTable } from "../table.ts";

export function printNamespace({ name, keys, bytes, quota, keep, ...one }: Namespace): void {
  const most = (limit: string | undefined) => (limit === undefined ? "" : `, at most ${limit}`);
  printTable(
    ["", ""],
    [
      ["namespace", name],
      ...(one.description === undefined ? [] : [["description", one.description]]),
      ["holds", `${countWords(keys, "document")}${most(quota?.keys?.toLocaleString("en-US"))}`],
      [
        "size",
        `${formatBytes(bytes)}${most(quota?.bytes === undefined ? undefined : formatBytes(quota.bytes))}`,
      ],
      ["public", one.public ? "yes: anybody may read it" : "no"],
      ["review", { all: "every change", budget: "what is over a budget", off: "none" }[one.review ?? "off"]],
      ["messages", one.messageRequired ? "required with every change" : "not required"],
      ["blind writes", one.blindWrites ? "allowed" : "refused: a write names what it replaces"],
      [
        "past",
        keep === undefined ? "kept as the server keeps it" : `kept for ${countWords(keep.days, "day")}`,
      ],
      ["changed", `${one.modified}, revision ${one.revision}`],
      ["etag", one.etag],
    ],
  );
}
