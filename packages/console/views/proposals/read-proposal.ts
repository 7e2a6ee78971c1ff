/**
 * One proposal with the very bytes that it would put. They are cut out of the answer as they stand there: as JavaScript's
 * numbers, long ones would not be what is approved.
 */
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import type { ProposalAnswer } from "../../../../lib/api/proposal-answers.ts";
import { decodeBase64 } from "../../../../lib/core/base64.ts";
import { decodeText } from "../../../client/document.ts";
import { part, server } from "../../app/server.ts";
import { readDocument } from "../../app/store.ts";
import type { PlanSides } from "../../changes/plan-shown.tsx";
import type { PatchSide } from "../../parts/patch.tsx";

export interface ReadProposal {
  readonly proposal: ProposalAnswer;
  /** Of each change; undefined where nothing can be shown of it. */
  readonly sides: readonly (PlanSides | undefined)[];
}

const JSON_TYPE = "application/json";
const AT_ONCE = 6;

export async function readProposal(id: string, signal: AbortSignal): Promise<ReadProposal> {
  const { bytes } = await server.ask({ method: "GET", path: `/v1/proposals/${part(id)}`, signal });
  const text = decodeText(bytes);
  const proposal: ProposalAnswer = JSON.parse(text);
  const changes = nodeAt(parseTree(text), ["commit", "changes"])?.children ?? [];
  const sides: (PlanSides | undefined)[] = [];
  for (let at = 0; at < changes.length; at += AT_ONCE)
    sides.push(
      ...(await Promise.all(
        changes.slice(at, at + AT_ONCE).map(async (change, offset): Promise<PlanSides | undefined> => {
          const planned = proposal.plan.changes[at + offset];
          if (planned === undefined || planned.op === "check") return undefined;
          const before = await beforeOf(planned, { change, isVoid: proposal.void, signal });
          return { before, after: planned.op === "put" ? afterIn(change, text) : undefined };
        }),
      )),
    );
  return { proposal, sides };
}

/** What stood there when it was proposed, as far as that can be known; for one that holds, what stands there now. */
async function beforeOf(
  { namespace, key, baseRevision }: { namespace: string; key: string; baseRevision: number },
  { change, isVoid, signal }: { change: Node; isVoid: boolean; signal: AbortSignal },
): Promise<PatchSide | undefined> {
  const named: unknown = nodeAt(change, ["ifRevision"])?.value;
  const revision = isVoid && typeof named === "number" ? named : baseRevision;
  if (revision === 0) return undefined;
  try {
    return await readDocument(namespace, key, revision === baseRevision ? { signal } : { revision, signal });
  } catch (error) {
    signal.throwIfAborted();
    // The token reads no history, or the past is gone. A proposal that holds needs neither.
    if (!isVoid) throw error;
    return undefined;
  }
}

function afterIn(change: Node, answer: string): PatchSide | undefined {
  const mediaType: unknown = nodeAt(change, ["mediaType"])?.value;
  const type = typeof mediaType === "string" ? mediaType : JSON_TYPE;
  const value = nodeAt(change, ["value"]);
  if (value !== undefined)
    return side(new TextEncoder().encode(answer.slice(value.offset, value.offset + value.length)), type);
  const text: unknown = nodeAt(change, ["text"])?.value;
  if (typeof text === "string") return side(new TextEncoder().encode(text), type);
  const base64: unknown = nodeAt(change, ["base64"])?.value;
  const bytes = typeof base64 === "string" ? decodeBase64(base64) : undefined;
  return bytes === undefined ? undefined : side(bytes, type);
}

const side = (bytes: Uint8Array, mediaType: string): PatchSide => ({ bytes, mediaType });

function nodeAt(node: Node | undefined, path: string[]): Node | undefined {
  return node === undefined ? undefined : findNodeAtLocation(node, path);
}
