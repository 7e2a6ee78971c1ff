/** Namespaces: made, described, protected, ended. */
import { useState } from "preact/hooks";
import type { Namespace, NamespacesPage } from "../../../../lib/api/admin-answers.ts";
import { folderHref } from "../../app/router.ts";
import { part } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { bytesWords, formatCount } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { useNarrow } from "../../parts/narrow.tsx";
import { shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { JsonSetting, type SettingToEdit } from "./json-setting.tsx";

const ABOUT =
  "description; public (anybody reads it); messageRequired; blindWrites (allows writes without a condition); review: off, budget or all; quota: {keys, bytes}; keep: {days}.";

export function NamespacesTab() {
  const [name, setName] = useState("");
  const [edited, setEdited] = useState<SettingToEdit | undefined>(undefined);
  const { content, error, again } = useLoad(
    (signal) => pages<NamespacesPage>("/v1/admin/namespaces", { limit: 1000 }, signal),
    [moves.value],
    "namespaces",
  );
  const all = content?.flatMap(({ namespaces }) => namespaces);
  const { shown, field } = useNarrow(all ?? [], (one) => one.name);
  return (
    <section class="part">
      <ErrorBox error={error} again={again} />
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          setEdited(settingOf(name, undefined));
        }}
      >
        <label class="field">
          A new namespace
          <input
            value={name}
            required
            pattern="[a-z0-9][a-z0-9\-]{0,62}"
            title="a lower-case letter or digit and up to 62 more letters, digits or hyphens"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Make …</button>
      </form>
      {field}
      {all === undefined ? (
        error === undefined && <Skeleton />
      ) : (
        <DataTable heads={["Namespace", { number: "Keys" }, { number: "Size" }, "Rules", "Change"]}>
          {shown.map((one) => (
            <tr key={one.name}>
              <td>
                <a href={folderHref(one.name)}>{one.name}</a>
                {one.description && <div class="soft small">{shownText(one.description)}</div>}
              </td>
              <td class="number">{formatCount(one.keys)}</td>
              <td class="number">{bytesWords(one.bytes)}</td>
              <td class="small">{rulesOf(one).join(", ")}</td>
              <td>
                <button type="button" class="quiet" onClick={() => setEdited(settingOf(one.name, one))}>
                  Change {one.name}
                </button>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {edited && (
        <JsonSetting
          setting={edited}
          close={() => setEdited(undefined)}
          done={() => {
            setEdited(undefined);
            setName("");
            again();
          }}
        />
      )}
    </section>
  );
}

function rulesOf(one: Namespace): string[] {
  return [
    ...(one.public ? ["public"] : []),
    ...(one.messageRequired ? ["a message with each commit"] : []),
    ...(one.blindWrites ? ["blind writes"] : []),
    ...(one.review === "all" ? ["every change is reviewed"] : []),
    ...(one.review === "budget" ? ["large changes are reviewed"] : []),
    ...(one.quota ? ["a quota"] : []),
  ];
}

function settingOf(name: string, one: Namespace | undefined): SettingToEdit {
  const { description, public: open, blindWrites, messageRequired, quota, keep, review } = one ?? {};
  const body = { description, public: open, blindWrites, messageRequired, quota, keep, review };
  return {
    title: one === undefined ? `A new namespace: ${name}` : `Namespace ${name}`,
    path: `/v1/admin/namespaces/${part(name)}`,
    etag: one?.etag,
    text: JSON.stringify(body, null, 2),
    about: ABOUT,
  };
}
