/** Settings of a namespace or of a scope in it, schemas and policies: a list, and one to change. */
import { useState } from "preact/hooks";
import { isOpen } from "../../app/standing.ts";
import { readNamespaces } from "../../app/store.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { type Loaded, useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownName } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import type { SettingToEdit } from "./setting.ts";
import { SettingDialog } from "./setting-dialog.tsx";

export interface ScopedEntry {
  readonly namespace: string;
  readonly scope: string;
  readonly modified: string;
  /** In a few words. */
  readonly says: string;
}

interface Props {
  readonly loaded: Loaded<readonly ScopedEntry[]>;
  /** What is edited: of an entry, or a new one for a place. */
  readonly settingFor: (
    place: Pick<ScopedEntry, "namespace" | "scope">,
    isNew: boolean,
  ) => Promise<SettingToEdit>;
}

export function ScopedSettings({ loaded: { content, error, again }, settingFor }: Props) {
  const [edited, setEdited] = useState<SettingToEdit | undefined>(undefined);
  const [trouble, setTrouble] = useState<unknown>(undefined);
  const [place, setPlace] = useState({ namespace: "", scope: "" });
  const names = useLoad(readNamespaces, [], "namespaces");
  const open = (at: typeof place, isNew: boolean) => {
    setTrouble(undefined);
    settingFor(at, isNew).then(setEdited, setTrouble);
  };
  return (
    <section class="part">
      <ErrorBox error={error ?? trouble} again={again} />
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          open(place, true);
        }}
      >
        <label class="field">
          A new one for
          <select
            required
            value={place.namespace}
            onChange={(event) => setPlace({ ...place, namespace: event.currentTarget.value })}
          >
            <option value="">choose a namespace</option>
            {names.content?.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field">
          Scope: a key, or a prefix that ends in /; nothing for all
          <input
            value={place.scope}
            onInput={(event) => setPlace({ ...place, scope: event.currentTarget.value })}
          />
        </label>
        <button type="submit" disabled={!isOpen()}>
          Make …
        </button>
      </form>
      {content === undefined ? (
        error === undefined && <Skeleton />
      ) : content.length === 0 ? (
        <p class="soft">There is none yet.</p>
      ) : (
        <ul class="plain rows">
          {content.map((one) => (
            <li key={`${one.namespace}/${one.scope}`}>
              <button type="button" class="quiet" onClick={() => open(one, false)}>
                {one.namespace}/{shownName(one.scope)}
              </button>{" "}
              <span class="small">{one.says}</span>{" "}
              <span class="soft small">
                <Moment at={one.modified} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {edited && (
        <SettingDialog
          setting={edited}
          close={() => setEdited(undefined)}
          done={() => {
            setEdited(undefined);
            again();
          }}
        />
      )}
    </section>
  );
}
