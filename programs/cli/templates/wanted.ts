/** What is to be rendered, as it is typed. */

export interface Demanded {
  readonly template: string;
  readonly out: string;
  readonly command?: string | undefined;
}

/** `TEMPLATE:FILE` or `TEMPLATE:FILE:COMMAND`. Undefined for anything else. */
export function parseWanted(text: string): Demanded | undefined {
  const [, template = "", out = "", command] = /^([^:]+):([^:]+)(?::(.+))?$/s.exec(text) ?? [];
  return template === "" || out === "" ? undefined : { template, out, command };
}
