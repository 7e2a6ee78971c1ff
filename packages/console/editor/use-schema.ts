/** What the document's schema says of JSON as it is written: its faults, and what could be written. The server has the last word. */
import { useEffect, useRef, useState } from "preact/hooks";
import { later } from "../../client/later.ts";
import { readSchemaFor } from "../app/store.ts";
import type { CompletionSource } from "./completing.ts";
import type { Fault } from "./faults.ts";
import type { TextKind } from "./kinds.ts";
import type { SchemaAnswer, SchemaQuestion } from "./schema-messages.ts";

/** The worker's address, which the build knows. */
declare const SCHEMA_WORKER: string;

interface Asked {
  readonly namespace: string;
  readonly key: string;
  readonly kind: TextKind;
  readonly text: string;
}

interface Judge {
  readonly ask: (question: Asking) => Promise<SchemaAnswer | undefined>;
  readonly end: () => void;
}

type Asking = SchemaQuestion extends infer One
  ? One extends { id: number }
    ? Omit<One, "id">
    : never
  : never;

const NONE: readonly Fault[] = [];
const CHARS_MAX = 300_000;
const TOO_LONG_MS = 4000;

export function useSchema({ namespace, key, kind, text }: Asked): {
  readonly faults: readonly Fault[];
  readonly complete: CompletionSource;
} {
  const judge = useRef<Judge>(null);
  const [ready, setReady] = useState(false);
  const [found, setFound] = useState<{ text: string; faults: readonly Fault[] }>();
  useEffect(() => {
    if (kind !== "json") return;
    const leave = new AbortController();
    readSchemaFor(namespace, key, leave.signal)
      // Without its schema only the form is judged.
      .catch(() => undefined)
      .then((one) => {
        if (leave.signal.aborted) return;
        judge.current = openJudge(one?.schema);
        setReady(true);
      });
    return () => {
      leave.abort();
      judge.current?.end();
      judge.current = null;
    };
  }, [namespace, key, kind]);
  useEffect(() => {
    if (!ready || text.length > CHARS_MAX) return;
    let old = false;
    judge.current
      ?.ask({ asks: "faults", text })
      .then((answer) => old || setFound({ text, faults: answer?.faults ?? NONE }));
    return () => {
      old = true;
    };
  }, [ready, text]);
  return {
    faults: found?.text === text ? found.faults : NONE,
    async complete(now, at) {
      if (now.length > CHARS_MAX) return [];
      return (await judge.current?.ask({ asks: "offers", text: now, at }))?.offers ?? [];
    },
  };
}

/** One that takes too long is ended, and answers nothing from then on. */
function openJudge(schema: unknown): Judge {
  const worker = new Worker(SCHEMA_WORKER, { type: "module" });
  const waiting = new Map<number, (answer: SchemaAnswer | undefined) => void>();
  let last = 0;
  let over = false;
  const end = () => {
    over = true;
    worker.terminate();
    for (const tell of waiting.values()) tell(undefined);
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<SchemaAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  worker.onerror = end;
  worker.postMessage({ schema });
  return {
    end,
    ask(question) {
      if (over) return Promise.resolve(undefined);
      last += 1;
      const id = last;
      void later(TOO_LONG_MS).then(() => {
        if (waiting.has(id)) end();
      });
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        worker.postMessage({ ...question, id });
      });
    },
  };
}
