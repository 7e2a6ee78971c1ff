/** A page of docs/ as a person types it: every line of its `sh` blocks, in order, in one folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunOptions, root, shell } from "./processes.ts";

export interface TypedLine {
  readonly line: string;
  /** The status that the page says for it (`# ends with 8`), else 0. */
  readonly status: number;
}

export interface AnsweredLine extends TypedLine {
  readonly ended: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `page` counts from docs/. Lines that end in a backslash are one. */
export function typedLines(page: string): TypedLine[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = ""]) =>
      block
        .replace(/\\\n\s*/g, " ")
        .trimEnd()
        .split("\n"),
    )
    .map((typed) => {
      const [line = "", note = ""] = typed.split(/\s+# /);
      return { line, status: Number(/^ends with (\d+)$/.exec(note)?.[1] ?? 0) };
    });
}

/** Types them one after the other, and stops at the first that ends otherwise than the page says. `adapt` says where this is. */
export async function typePage(
  page: string,
  options: RunOptions,
  adapt: (line: string) => string,
): Promise<readonly AnsweredLine[]> {
  const answered: AnsweredLine[] = [];
  for (const { line, status } of typedLines(page)) {
    const ran = await shell(adapt(line), options);
    answered.push({ line, status, ended: ran.status, stdout: ran.stdout, stderr: ran.stderr });
    if (ran.status !== status) break;
  }
  return answered;
}
