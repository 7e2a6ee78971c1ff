/** A button that copies a text, and says so. */
import { useState } from "preact/hooks";

export function Copy({ text, children = "Copy" }: { text: string; children?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      {done ? "Copied" : children}
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
