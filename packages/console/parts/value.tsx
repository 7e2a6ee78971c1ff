/** A document's bytes for reading: JSON in colours, text as it is, anything else as its size. Never as HTML. */
import { useState } from "preact/hooks";
import { bytesWords } from "./amount.ts";
import { Scroll } from "./scroll.tsx";
import { shownText } from "./shown-text.ts";
import { documentText, isJsonText, readableText } from "./text.ts";

/** Beyond that a page would hang; the rest is shown when it is asked for, or taken as a file. */
const SHOWN_CHARACTERS = 100_000;
export function Value({ bytes, mediaType }: { bytes: Uint8Array; mediaType: string }) {
  const [whole, setWhole] = useState(false);
  const text = documentText(bytes);
  if (text === undefined)
    return (
      <p class="soft">{bytesWords(bytes.length)} that are no text. Take them as a file to look at them.</p>
    );
  const laid = readableText(text, mediaType);
  const shown = whole ? laid : laid.slice(0, SHOWN_CHARACTERS);
  return (
    <>
      <Scroll of="value" label="Value">
        {isJsonText(mediaType) && shown.length <= SHOWN_CHARACTERS ? coloured(shown) : shownText(shown)}
      </Scroll>
      {shown.length < laid.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {bytesWords(bytes.length)}
        </button>
      )}
    </>
  );
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

function coloured(text: string) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) parts.push(shownText(text.slice(at, match.index)));
    const [all, quoted, colon] = match;
    const kind = quoted === undefined ? (/^[-\d]/.test(all) ? "n" : "w") : colon === undefined ? "s" : "m";
    parts.push(
      <span class={`t-${kind}`} key={match.index}>
        {shownText(quoted ?? all)}
      </span>,
    );
    if (colon !== undefined) parts.push(colon);
    at = match.index + all.length;
  }
  parts.push(shownText(text.slice(at)));
  return parts;
}
