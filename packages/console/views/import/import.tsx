/** Files become documents: chosen or dropped, read here, planned by the server, and saved in one commit. */
import { useState } from "preact/hooks";
import { isNamespaceName, NAMESPACE_RULE } from "../../../../lib/core/namespace.ts";
import { folderHref, go, keyOf, route } from "../../app/router.ts";
import { part, send } from "../../app/server.ts";
import { mayAll } from "../../app/session.ts";
import { readNamespaces } from "../../app/store.ts";
import { PlanDialog } from "../../changes/plan-dialog.tsx";
import type { WantedChange } from "../../changes/wanted.ts";
import { workOf } from "../../changes/work.ts";
import { amountOf, bytesWords } from "../../parts/amount.ts";
import { useAttempt } from "../../parts/attempt.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { type FoundFile, filesChosen, filesDropped, type ReadFiles, readFiles } from "./files.ts";
import { wantedFiles } from "./wanted-files.ts";

const SHOWN = 200;

export function Import() {
  const { parts } = route.value;
  const [namespace, setNamespace] = useState(parts[0] ?? "");
  const [below, setBelow] = useState(keyOf(parts));
  const prefix = below === "" || below.endsWith("/") ? below : `${below}/`;
  const [read, setRead] = useState<ReadFiles>();
  const [over, setOver] = useState(false);
  const { busy, error, attempt } = useAttempt();
  const [planning, setPlanning] = useState<readonly WantedChange[]>();
  const names = useLoad(readNamespaces, [], "namespaces");
  const known = names.content?.some(({ name }) => name === namespace) === true;
  const makes = !known && names.content !== undefined && isNamespaceName(namespace) && mayAll("admin");
  const take = (found: Promise<FoundFile[]>) => attempt(async () => setRead(await readFiles(await found)));
  const make = () =>
    attempt(async () => {
      await send("PUT", `/v1/admin/namespaces/${part(namespace)}`, { json: {} });
      names.again();
    });
  const plan = () =>
    attempt(async () => setPlanning(await wantedFiles(read?.documents ?? [], { namespace, prefix })));
  const ready = read !== undefined && read.faults.length === 0 && read.documents.length > 0;
  return (
    <section>
      <h1>Bring files</h1>
      <p class="soft">
        A file's path is the key, and its ending says the type. Nothing is deleted, and nothing is written
        before you have seen the plan.
      </p>
      <div class="spread">
        <label class="field">
          Into the namespace
          <input
            class="mono"
            required
            list="namespaces"
            value={namespace}
            onInput={(event) => setNamespace(event.currentTarget.value)}
          />
        </label>
        <datalist id="namespaces">
          {names.content?.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <label class="field">
          Below (nothing, or a folder like limits/)
          <input class="mono" value={below} onInput={(event) => setBelow(event.currentTarget.value)} />
        </label>
        {makes && (
          <button type="button" disabled={busy} onClick={make}>
            Make the namespace {namespace}
          </button>
        )}
      </div>
      {namespace !== "" && !isNamespaceName(namespace) && <p class="soft small">{NAMESPACE_RULE}</p>}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is dropped here can be chosen with the keys, too */}
      <div
        class={over ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer !== null) void take(filesDropped(event.dataTransfer.items));
        }}
      >
        <p>Drop a folder or files here, or</p>
        <div class="actions-row">
          <label class="check">
            a folder:{" "}
            <input
              type="file"
              multiple
              {...{ webkitdirectory: true }}
              onChange={(event) => void take(chosen(event.currentTarget))}
            />
          </label>
          <label class="check">
            files: <input type="file" multiple onChange={(event) => void take(chosen(event.currentTarget))} />
          </label>
        </div>
      </div>
      <ErrorBox error={error} />
      {read !== undefined && <Found read={read} prefix={prefix} />}
      <button type="button" class="main" disabled={!ready || !known || busy} onClick={plan}>
        Plan
      </button>
      {planning !== undefined && (
        <PlanDialog
          work={workOf(planning)}
          close={() => setPlanning(undefined)}
          done={() => go(folderHref(namespace, prefix))}
        />
      )}
    </section>
  );
}

async function chosen({ files }: HTMLInputElement): Promise<FoundFile[]> {
  return files === null ? [] : filesChosen(files);
}

function Found({ read: { documents, faults }, prefix }: { read: ReadFiles; prefix: string }) {
  const bytes = documents.reduce((sum, one) => sum + one.bytes.length, 0);
  return (
    <section class="part" aria-label="What was found">
      {faults.length > 0 ? (
        <div class="failure" role="alert">
          <ul>
            {faults.slice(0, SHOWN).map((one) => (
              <li key={one}>{shownText(one)}</li>
            ))}
          </ul>
        </div>
      ) : (
        <p role="status">
          {amountOf(documents.length, "file")}, {bytesWords(bytes)}
        </p>
      )}
      <ul class="plain tray">
        {documents.slice(0, SHOWN).map(({ path, mediaType }) => (
          <li key={path}>
            {shownName(prefix + path)} <span class="soft small">{mediaType}</span>
          </li>
        ))}
        {documents.length > SHOWN && <li class="soft">… and {documents.length - SHOWN} more</li>}
      </ul>
    </section>
  );
}
