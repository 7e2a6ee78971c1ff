/** Sentences of the interface in the words of the command line: what are parameters and members there are flags here. */

const PARAMETERS: Readonly<Record<string, string>> = { override: "--override", message: "-m" };
const MEMBERS: Readonly<Record<string, string>> = {
  "/override": "--override",
  "/override/reason": "--override",
  "/message": "-m",
};

/** The flag for a place in the body that every command which has it fills by the same flag. */
export function flagOfMember(pointer: string): string | undefined {
  return Object.hasOwn(MEMBERS, pointer) ? MEMBERS[pointer] : undefined;
}

export function inFlagWords(sentence: string): string {
  return sentence
    .replace(/^(override|message) (?=is )/, (_, name: string) => `${PARAMETERS[name]} `)
    .replaceAll("?override=", "--override REASON")
    .replaceAll("may override it, with a reason", "may override it, with --override REASON");
}
