/** What an answer says of the state that it shows and that changes with time alone: how old it may be, and from where it is. */
import { SOURCE_HEADER, VIA_HEADER, VIA_MAX } from "../../packages/agent/http-source.ts";
import type { Lane } from "../../packages/agent/lane.ts";

export const AGE_HEADER = "age";

/** In whole seconds. */
export function ageText({ state }: Lane): string {
  return String(Math.floor(state.ageSeconds() ?? 0));
}

export function sourceText({ state }: Lane): string {
  return state.from === "previous" ? "previous" : (state.source?.kind ?? "none");
}

export function stateHeaders(lane: Lane): readonly (readonly [string, string])[] {
  return [
    [AGE_HEADER, ageText(lane)],
    [SOURCE_HEADER, sourceText(lane)],
  ];
}

/** Of the feed alone: whoever follows it sees whether it has come from himself. */
export function viaHeaders({ via }: Lane): readonly (readonly [string, string])[] {
  return [[VIA_HEADER, via.slice(0, VIA_MAX).join()]];
}

/** How old a state the caller takes at the most, in seconds; undefined where he takes any. */
export function stalenessTaken(headers: readonly string[]): number | undefined {
  const at = headers.findIndex((name, place) => place % 2 === 0 && name === "ledge-max-staleness");
  return at >= 0 && /^\d{1,10}$/.test(headers[at + 1] ?? "") ? Number(headers[at + 1]) : undefined;
}
