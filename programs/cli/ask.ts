/**
 * Questions to a person. Promise: only a terminal is asked; anybody else gets a refusal with the flag that answers,
 * so that no script ever waits.
 */
import { isCancel, password } from "@clack/prompts";
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

function givenUp(): Failure {
  return new Failure(EXIT.fault, "given up; nothing was changed");
}
