/** The value of a document from the command line: an argument, a file, or standard input to its end. Never too large. */
import { createReadStream } from "node:fs";
import { COMMIT_LIMITS } from "../../../lib/core/commit/limits.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBytes } from "../output.ts";

/** Where the value is, as the command line says it. */
interface ValueFlags {
  readonly file?: string;
  /** What comes from standard input may be nothing, and where nothing can come it is. */
  readonly empty?: true;
}

/**
 * Refuses what is told twice or not at all, what cannot be read, and what no document takes. An empty standard input is most
 * often the output of a command that failed, so it is refused unless it is asked for; an empty file or argument was named.
 */
export async function readValue(value: string | undefined, { file, empty }: ValueFlags): Promise<Uint8Array> {
  if (value !== undefined && value !== "-") {
    if (file !== undefined) throw new Failure(EXIT.usage, "a value and --file exclude each other");
    return judgeSize(fromArgument(value));
  }
  if (file !== undefined && file !== "-") return readStream(createReadStream(file), file);
  if (file === undefined && value === undefined && process.stdin.isTTY === true) {
    if (empty === true) return new Uint8Array();
    throw new Failure(EXIT.usage, "there is no value", {
      hint: "give it as an argument, with --file, or on standard input",
    });
  }
  const bytes = await readStream(process.stdin, "standard input");
  if (bytes.length > 0 || empty === true) return bytes;
  throw new Failure(EXIT.usage, "standard input is empty; nothing was written", {
    hint: "a command before it in the pipe may have failed; an empty document is written with --empty, or --file with an empty file",
  });
}

/** Node puts U+FFFD where an argument is not UTF-8, and nobody can tell what was typed. */
function fromArgument(value: string): Uint8Array {
  if (value.includes("\ufffd"))
    throw new Failure(EXIT.usage, "the value is not UTF-8, and cannot be taken from an argument", {
      hint: "give it with --file or on standard input",
    });
  return new TextEncoder().encode(value);
}

async function readStream(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > COMMIT_LIMITS.valueBytes) break;
    }
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    throw new Failure(EXIT.usage, `the value cannot be read from ${name}${why}`, { cause });
  }
  return judgeSize(Buffer.concat(chunks));
}

function judgeSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= COMMIT_LIMITS.valueBytes) return bytes;
  throw new Failure(
    EXIT.refused,
    `the value is too large: a document holds at most ${formatBytes(COMMIT_LIMITS.valueBytes)} (1 MiB)`,
    { hint: "nothing was sent" },
  );
}
