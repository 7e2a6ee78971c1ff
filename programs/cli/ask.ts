/**
 * Questions to a person. Promise: only a terminal is asked; anybody else gets a refusal with the flag that answers,
 * so that no script ever waits.
 */
import type { Key } from "node:readline";
import { EXIT, Failure } from "./failure.ts";

/** Whether a person sits in front of both ends. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a secret, which is not shown. Throws Failure when the person gives up. */
export async function askSecret(question: string): Promise<string> {
  const { isCancel, password } = await prompts();
  const answer = await untilEndOfInput((signal) =>
    password({ message: question, output: process.stderr, signal }),
  );
  if (isCancel(answer)) throw givenUp();
  return answer.trim();
}

export interface YesAsked {
  /** The flag that says yes beforehand. */
  readonly flag: string;
  /** What shows more before anything happens, for whoever cannot be asked. */
  readonly look?: string;
  /** Shows a person what the question is about. */
  readonly show?: () => void;
}

/**
 * Goes on only after a yes. Throws Failure: wrong use where nobody can be asked, and for a person who says no the code
 * of whatever else was not done.
 */
export async function requireYes(question: string, { flag, look, show }: YesAsked): Promise<void> {
  if (!isAtTerminal()) {
    const first = look === undefined ? "" : `look at it with ${look}, then `;
    throw new Failure(EXIT.usage, `${question.replace(/\?$/, "")}: this asks first; nothing was changed`, {
      hint: `nobody can be asked here: ${first}say ${flag} if that is what you mean`,
    });
  }
  show?.();
  const { confirm, isCancel } = await prompts();
  const answer = await untilEndOfInput((signal) =>
    confirm({ message: question, initialValue: false, output: process.stderr, withGuide: false, signal }),
  );
  if (isCancel(answer) || !answer) throw givenUp();
}

/**
 * Loaded where a person is asked. The library takes h, j, k and l for arrows, so that a word that was typed ahead could
 * turn a no into a yes: they are letters here.
 */
async function prompts() {
  const loaded = await import("@clack/prompts");
  for (const letter of "hjkl") loaded.settings.aliases.delete(letter);
  return loaded;
}

/** Calls off the question when the input ends, by Ctrl-D or a terminal that goes: it would wait for ever. */
async function untilEndOfInput<T>(asks: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const end = () => ended.abort();
  const onKey = (_: unknown, key: Key | undefined) => {
    if (key?.ctrl === true && key.name === "d") end();
  };
  process.stdin.on("keypress", onKey).once("end", end);
  try {
    return await asks(ended.signal);
  } finally {
    process.stdin.off("keypress", onKey).off("end", end);
  }
}

function givenUp(): Failure {
  return new Failure(EXIT.fault, "given up; nothing was changed");
}
