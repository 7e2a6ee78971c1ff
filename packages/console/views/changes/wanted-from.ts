/** Drafts as changes: each with what stands there, so that the plan can show what it does. */
import type { Stored } from "../../app/store.ts";
import { documentThere } from "../../changes/document-there.ts";
import type { Draft } from "../../changes/drafts.ts";
import type { WantedChange } from "../../changes/wanted.ts";
import { closeText } from "../../editor/document-text.ts";

/** How many are read at a time. */
const AT_ONCE = 6;

export async function wantedFrom(drafts: readonly Draft[]): Promise<WantedChange[]> {
  const wanted: WantedChange[] = [];
  for (let at = 0; at < drafts.length; at += AT_ONCE)
    wanted.push(
      ...(await Promise.all(
        drafts
          .slice(at, at + AT_ONCE)
          .map(async (draft) => wantedBy(draft, await documentThere(draft.namespace, draft.key))),
      )),
    );
  return wanted;
}

/** The condition is the state that the draft was made on: where it has moved, the plan says so. */
function wantedBy(draft: Draft, before: Stored | undefined): WantedChange {
  const { op, namespace, key, base: ifRevision, mediaType } = draft;
  const common = { namespace, key, ifRevision, before };
  if (op === "delete") return { ...common, op };
  const original = before?.revision === ifRevision ? before.bytes : undefined;
  return { ...common, op, mediaType, bytes: closeText(draft, { mediaType, original }) };
}
