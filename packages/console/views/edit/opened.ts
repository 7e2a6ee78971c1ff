/** What the editor begins with: the document as it stands, or the draft of it and the state that the draft was made on. */
import { readDocument, type Stored } from "../../app/store.ts";
import { documentThere } from "../../changes/document-there.ts";
import { type Draft, readDraft } from "../../changes/drafts.ts";
import { closeText, type EditedText, NEW_JSON, openText } from "../../editor/document-text.ts";

/** The state that a text is made on. */
export interface Base {
  /** 0 for nothing. */
  readonly revision: number;
  readonly mediaType: string;
  /** Undefined where there is nothing, or where it can no longer be read. */
  readonly bytes?: Uint8Array | undefined;
  /** Undefined where it can no longer be read, or is no text. */
  readonly text?: string | undefined;
}

export interface OpenedText {
  readonly base: Base;
  readonly start: EditedText & { readonly mediaType: string };
  /** The draft that it begins with. */
  readonly draft?: Draft | undefined;
}

interface Asked {
  readonly namespace: string;
  readonly key: string;
  /** Of a new document. */
  readonly type: string | undefined;
  readonly signal: AbortSignal;
}

export async function openForEditing({ namespace, key, type, signal }: Asked): Promise<OpenedText> {
  const stored = await documentThere(namespace, key, signal);
  const draft = readDraft({ namespace, key });
  if (draft?.op === "put") {
    const base = draft.base === (stored?.revision ?? 0) ? baseOf(stored) : await formerBase(draft, signal);
    return { base, start: draft, draft };
  }
  const base = baseOf(stored);
  const mediaType = stored?.mediaType ?? type ?? "application/json";
  const opened =
    stored === undefined ? { text: beginning(mediaType), form: {} } : openText(stored.bytes, mediaType);
  return { base, start: { ...(opened ?? { text: "", form: {} }), mediaType } };
}

export function baseOf(stored: Stored | undefined): Base {
  if (stored === undefined) return { revision: 0, mediaType: "", text: "" };
  const { revision, mediaType, bytes } = stored;
  return { revision, mediaType, bytes, text: openText(bytes, mediaType)?.text };
}

/** It has moved since: as the history tells it, or else as the draft remembers it. */
async function formerBase(draft: Draft, signal: AbortSignal): Promise<Base> {
  const { namespace, key, base: revision, mediaType, baseText: text, form } = draft;
  if (revision === 0) return baseOf(undefined);
  try {
    return baseOf(await readDocument(namespace, key, { revision, signal }));
  } catch {
    // The token reads no history, or the past is gone: the draft has the text, where there was room for it.
    const bytes = text === undefined ? undefined : closeText({ text, form }, { mediaType });
    return { revision, mediaType, text, bytes };
  }
}

function beginning(mediaType: string): string {
  return mediaType === "application/json" ? NEW_JSON.text : "";
}
