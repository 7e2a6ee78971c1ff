/** Namespaces: made, described, protected, ended. */
import { useState } from "preact/hooks";
import type { Namespace, NamespacesPage } from "../../../../lib/api/admin-answers.ts";
import type { Members } from "../../../../lib/core/json-object.ts";
import { KEEP_DAYS } from "../../../../lib/core/settings.ts";
import { folderHref } from "../../app/router.ts";
import { part } from "../../app/server.ts";
import { isOpen, moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { amountOf, bytesWords, formatCount } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { useNarrow } from "../../parts/narrow.tsx";
import { shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { memberAt } from "./member.ts";
import { type FieldSpec, type SettingToEdit, settingText } from "./setting.ts";
import { SettingDialog } from "./setting-dialog.tsx";

const FIELDS: readonly FieldSpec[] = [
  {
    pointer: "/description",
    label: "Description",
    help: "What it is for, in a sentence: it stands in every list.",
    kind: "text",
  },
  {
    pointer: "/public",
    label: "Anybody may read it",
    help: "Without a token, whoever reaches this server.",
    kind: "flag",
  },
  {
    pointer: "/messageRequired",
    label: "Every commit says why",
    help: "One without a message is refused.",
    kind: "flag",
  },
  {
    pointer: "/blindWrites",
    label: "Writes may be blind",
    help: "They need not name what they replace, so they may undo what they have not seen.",
    kind: "flag",
  },
  {
    pointer: "/review",
    label: "A second person approves",
    help: "Nobody approves what their own token has proposed.",
    kind: "choice",
    choices: {
      "": "nothing",
      off: "nothing",
      budget: "what is over the budget of a policy",
      all: "every change",
    },
  },
  {
    pointer: "/quota/keys",
    label: "Keys, at most",
    help: "No number: as many as come. What is there already stays.",
    kind: "count",
    unit: "keys",
  },
  {
    pointer: "/quota/bytes",
    label: "Values together, at most",
    help: "Of what stands there now, without the past.",
    kind: "bytes",
  },
  {
    pointer: "/keep/days",
    label: "The past is kept for",
    help: "No number: as long as the server's setting history_keep says.",
    kind: "count",
    unit: "days",
    ...KEEP_DAYS,
  },
];

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
        <button type="submit" disabled={!isOpen()}>
          Make …
        </button>
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
        <SettingDialog
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
  return {
    title: one === undefined ? `A new namespace: ${name}` : `Namespace ${name}`,
    path: `/v1/admin/namespaces/${part(name)}`,
    etag: one?.etag,
    text: settingText(one ?? {}),
    about:
      "Documents that belong together: who may read them, how they are changed, and how much there may be.",
    fields: FIELDS,
    notes: (after) => notesOn(one, after),
  };
}

/** What becomes possible, or impossible, and is easily overlooked. */
function notesOn(one: Namespace | undefined, after: Members): string[] {
  const days = memberAt(after, "/keep/days");
  const over = (pointer: string, used = 0) =>
    Number(memberAt(after, pointer) ?? Number.POSITIVE_INFINITY) < used;
  return [
    ...(after.public === true && one?.public !== true
      ? [`Whoever reaches this server reads it from now on: ${amountOf(one?.keys ?? 0, "document")}.`]
      : []),
    ...(after.blindWrites === true && one?.blindWrites !== true
      ? ["Writers may undo what others have written, without having seen it."]
      : []),
    ...((one?.review ?? "off") !== "off" && (after.review ?? "off") === "off"
      ? ["Nobody has to approve changes any more."]
      : []),
    ...(over("/quota/keys", one?.keys) || over("/quota/bytes", one?.bytes)
      ? ["It holds more than that already. All of it stays, and nothing can be added."]
      : []),
    ...(days !== undefined && (one?.keep === undefined || Number(days) < one.keep.days)
      ? [`States older than ${amountOf(Number(days), "day")} go, and come back from a backup alone.`]
      : []),
  ];
}
