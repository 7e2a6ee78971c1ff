/** A moment as people say it, with the exact one when asked (hover, focus, screen readers). */
import { shownText } from "./shown-text.ts";
import { sinceWords } from "./since-words.ts";

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function Moment({ at }: { at: string }) {
  const known = !Number.isNaN(Date.parse(at));
  return (
    <time dateTime={at} title={known ? `${exact.format(new Date(at))} · ${at}` : undefined}>
      {known ? sinceWords(at) : shownText(at)}
    </time>
  );
}
