/** The server as it says itself: version, store, durability, and every limit. */
import { useState } from "preact/hooks";
import type { Status } from "../../../../lib/api/admin-answers.ts";
import { notify } from "../../app/notices.tsx";
import { read, send } from "../../app/server.ts";
import { lookMode, mayAll } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { bytesWords, formatCount } from "../../parts/amount.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Skeleton } from "../../parts/skeleton.tsx";

export function StatusSettings() {
  const { content, error, again } = useLoad(
    (signal) => read<Status>("/v1/admin/status", {}, signal),
    [moves.value],
    "status",
  );
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton />;
  const { store, limits } = content;
  return (
    <section class="part">
      <Facts
        title="Server"
        facts={{
          version: content.version,
          mode: content.mode,
          head: formatCount(content.head),
          lineage: content.lineage,
          epoch: content.epoch,
          "recovery secret": content.recovery,
          clock: content.clockSuspect ? "suspect: it has jumped" : "good",
        }}
      />
      {mayAll("admin") && <Mode mode={content.mode} done={again} />}
      <Facts
        title="Store"
        facts={{
          SQLite: store.sqlite,
          durability: `${store.journal}, synchronous ${store.synchronous}${store.weakAccepted ? ", weak accepted" : ""}`,
          file: bytesWords(store.bytes),
          format: store.format,
          namespaces: formatCount(store.namespaces),
          documents: formatCount(store.documents),
          values: bytesWords(store.valueBytes),
        }}
      />
      <Facts
        title="Limits"
        facts={Object.fromEntries(
          Object.entries(limits).map(([name, value]) => [
            wordsOf(name),
            name.endsWith("Bytes") ? bytesWords(value) : formatCount(value),
          ]),
        )}
      />
    </section>
  );
}

function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (one) => ` ${one.toLowerCase()}`).replace(/ bytes$/, "");
}

function Facts({ title, facts }: { title: string; facts: Readonly<Record<string, string | number>> }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      <dl class="members">
        {Object.entries(facts).map(([name, value]) => (
          <div key={name}>
            <dt class="soft">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Mode({ mode, done }: { mode: Status["mode"]; done: () => void }) {
  const [asked, setAsked] = useState(false);
  if (mode === "stopped") return null;
  const next = mode === "open" ? "read_only" : "open";
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        {mode === "open" ? "Close for writes …" : "Open for writes …"}
      </button>
      {asked && (
        <Confirm
          title={mode === "open" ? "Close the store for writes" : "Open the store for writes"}
          text={
            mode === "open"
              ? "Reads go on; every write is refused until it is opened."
              : "Writes are taken again."
          }
          action={mode === "open" ? "Close it" : "Open it"}
          act={async () => {
            await send("PUT", "/v1/admin/mode", { json: { mode: next } });
            notify(mode === "open" ? "The store is read-only" : "The store takes writes");
            await lookMode();
            done();
          }}
          close={() => setAsked(false)}
        />
      )}
    </>
  );
}
