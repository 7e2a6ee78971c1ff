/** A button that copies a text, and says so. */
import { useState } from "preact/hooks";

export function Copy({ text, children = "Copy" }: { text: string; children?: string }) {
  const [done, setDone] = useState<string>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("Copied");
    } catch {
      // Without TLS from another machine there is no clipboard, and people may say no to it.
      setDone("Mark it and copy it by hand");
    }
    setTimeout(() => setDone(undefined), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      {done ?? children}
    </button>
  );
}

/** A command or a text to take along, with its button. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <Copy text={text} />
    </div>
  );
}
