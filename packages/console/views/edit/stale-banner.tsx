/** Somebody else has changed what is being edited: what they did, and the way to have both. Nothing that was written is lost. */
import { useEffect, useState } from "preact/hooks";
import { notify } from "../../app/notices.tsx";
import { head } from "../../app/standing.ts";
import { documentThere } from "../../changes/document-there.ts";
import type { DraftName } from "../../changes/draft-names.ts";
import { amountOf } from "../../parts/amount.ts";
import { useLoad } from "../../parts/load.ts";
import { Patch } from "../../parts/patch.tsx";
import { mergeTexts } from "./merge.ts";
import { type Base, baseOf } from "./opened.ts";

interface Props {
  readonly name: DraftName;
  readonly base: Base;
  readonly mine: () => string;
  readonly take: (merged: { text: string; base: Base }) => void;
  /** It was just said that there is a newer one. */
  readonly open: boolean;
}

export function StaleBanner({ name, base, mine, take, open }: Props) {
  const { content } = useLoad(
    async (signal) => ({ now: baseOf(await documentThere(name.namespace, name.key, signal)) }),
    [head.value],
    `${name.namespace}/${name.key}`,
  );
  const [shown, setShown] = useState(open);
  const now = content?.now;
  const moved = now !== undefined && now.revision !== base.revision;
  useEffect(() => {
    if (open && now !== undefined && !moved) notify("It stands as it did when you began.");
  }, [now]);
  if (!moved) return null;
  const merge = () => {
    const { revision, text: theirs } = now;
    if (theirs === undefined || revision === 0) return take({ text: mine(), base: now });
    const { text, conflicts } = mergeTexts({ mine: mine(), theirs, base: base.text, revision });
    take({ text, base: now });
    notify(
      conflicts === 0
        ? "Both are in the text now. Look at it once more."
        : `${amountOf(conflicts, "conflict")} to resolve; F8 goes to the next.`,
    );
  };
  return (
    <section class="banner" role="alert">
      <p>
        {now.revision === 0
          ? "Somebody has deleted it meanwhile."
          : base.revision === 0
            ? `There is such a document already, of revision ${now.revision}.`
            : `Somebody has changed it meanwhile: revision ${now.revision}.`}{" "}
        What you wrote stays.
      </p>
      <div class="actions-row">
        <button type="button" onClick={merge}>
          {now.revision === 0
            ? "Make it anew with my text"
            : now.text === undefined
              ? "Go on in place of theirs"
              : "Merge theirs into mine"}
        </button>
        {now.revision > 0 && (
          <button type="button" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide what they did" : "What they did"}
          </button>
        )}
      </div>
      {shown && now.revision > 0 && (
        <Patch
          name={`${name.namespace}/${name.key}, by somebody else`}
          before={sideOf(base)}
          after={sideOf(now)}
        />
      )}
    </section>
  );
}

function sideOf({ bytes, mediaType }: Base) {
  return bytes === undefined ? undefined : { bytes, mediaType };
}
