/** The place of an editor in a page. The editor comes when it is needed; until then there is a box of its size. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ErrorBox } from "../parts/failure.tsx";
import type { CompletionSource } from "./completing.ts";
import type { Fault } from "./faults.ts";
import type { TextKind } from "./kinds.ts";
import type { Editor } from "./mount.ts";

interface Props {
  /** What it begins with; later changes are the editor's. */
  readonly text: string;
  readonly kind: TextKind;
  readonly label: string;
  readonly faults: readonly Fault[];
  readonly changed: (text: string) => void;
  readonly complete: CompletionSource;
  readonly editor: RefObject<Editor | null>;
}

export function CodeEditor({ text, kind, label, faults, changed, complete, editor }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<{ ready: boolean; error?: unknown }>({ ready: false });
  // The editor is made once and calls what is current.
  const current = useRef({ changed, complete });
  current.current = { changed, complete };
  useEffect(() => {
    let gone = false;
    import("./mount.ts").then(
      ({ mountEditor }) => {
        const element = host.current;
        if (gone || element === null) return;
        const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
        editor.current = mountEditor(root, {
          text,
          kind,
          label,
          changed: (now) => current.current.changed(now),
          complete: (now, at) => current.current.complete(now, at),
        });
        editor.current.focus();
        setState({ ready: true });
      },
      (error: unknown) => gone || setState({ ready: false, error }),
    );
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);
  useEffect(() => editor.current?.setFaults(faults), [faults, state.ready]);
  return (
    <>
      <ErrorBox error={state.error} again={() => location.reload()} />
      <div class="code-editor" ref={host} aria-busy={!state.ready} />
    </>
  );
}
