/**
 * Questions to a person. Promise: only a terminal is asked; anybody else gets a refusal with the flag that answers,
 * so that no script ever waits.
 */
import { confirm, isCancel, password } from "@clack/prompts";
import { EXIT, Failure } from "./failure.ts";

/** Whether a person sits in front of both ends. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a secret, which is not shown. Throws Failure when the person gives up. */
export async function askSecret(question: string): Promise<string> {
  const answer = await password({ message: question, output: process.stderr });
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
  const answer = await confirm({
    message: question,
    initialValue: false,
    output: process.stderr,
    withGuide: false,
  });
  if (isCancel(answer) || !answer) throw givenUp();
}

function givenUp(): Failure {
  return new Failure(EXIT.fault, "given up; nothing was changed");
}
