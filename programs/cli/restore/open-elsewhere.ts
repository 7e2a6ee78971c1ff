/** Which processes have a file open, as far as Linux lets us see: by device and inode, whatever the name. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface OpenBy {
  readonly pid: number;
  readonly command: string;
}

/** Other processes that have the file open; empty where there is no /proc, or where it does not tell. */
export function listOpenElsewhere(file: string, proc = "/proc"): OpenBy[] {
  const { dev, ino } = statSync(file);
  const found: OpenBy[] = [];
  for (const name of quietly(() => readdirSync(proc)) ?? []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const folder = join(proc, name, "fd");
    const has = (quietly(() => readdirSync(folder)) ?? []).some((fd) => {
      const stat = quietly(() => statSync(join(folder, fd)));
      return stat !== undefined && stat.dev === dev && stat.ino === ino;
    });
    if (has) found.push({ pid, command: commandOf(join(proc, name)) });
  }
  return found;
}

function commandOf(folder: string): string {
  const line = quietly(() => readFileSync(join(folder, "cmdline"), "utf8")) ?? "";
  return line.replaceAll("\0", " ").trim().slice(0, 200) || "unknown";
}

/** Processes end while we look, and those of other users do not show their files: neither is a failure. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
