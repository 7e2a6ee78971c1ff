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

/** Goes on only after a yes. `flag` is what says so beforehand. */
export async function requireYes(question: string, { flag }: { readonly flag: string }): Promise<void> {
  if (!isAtTerminal())
    throw new Failure(EXIT.usage, question.replace(/\?$/, ": this asks first"), {
      hint: `nobody can be asked here: say ${flag} if that is what you mean`,
    });
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer) || !answer) throw givenUp();
}

function givenUp(): Failure {
  return new Failure(EXIT.fault, "given up; nothing was changed");
}
