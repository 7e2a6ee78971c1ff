/**
 * A setting in two steps: its form, or its JSON; and then, once the server has judged it, what would change, what to look at twice,
 * and the button that saves it over exactly what was read.
 */
import { useRef, useState } from "preact/hooks";
import { isObject, type Members } from "../../../../lib/core/json-object.ts";
import { type ErrorCause, LedgeError } from "../../../client/errors.ts";
import { Closed } from "../../app/closed.tsx";
import { notify } from "../../app/notices.tsx";
import { documentHref } from "../../app/router.ts";
import { isOpen } from "../../app/standing.ts";
import { CodeEditor } from "../../editor/code-editor.tsx";
import type { Fault } from "../../editor/faults.ts";
import type { Editor } from "../../editor/mount.ts";
import { placeInText } from "../../editor/pointer-place.ts";
import { useAttempt } from "../../parts/attempt.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { FormActions, MessageField } from "../../parts/form.tsx";
import { Patch } from "../../parts/patch.tsx";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Field } from "./field.tsx";
import { memberAt, withMember } from "./member.ts";
import { judgeChange, makeChange, type SettingToEdit, type Way } from "./setting.ts";

interface Props {
  readonly setting: SettingToEdit;
  readonly close: () => void;
  readonly done: () => void;
}

export function SettingDialog({ setting, close, done }: Props) {
  const { title, etag, fields } = setting;
  const [text, setText] = useState(setting.text);
  const [way, setWay] = useState<Way>();
  const [asJson, setAsJson] = useState(fields.length === 0);
  const [accepts, setAccepts] = useState(false);
  const [message, setMessage] = useState("");
  const { busy, error, attempt } = useAttempt();
  const editor = useRef<Editor>(null);
  const plan = (next: Way, accepted = accepts) =>
    attempt(async () => {
      if (next === "PUT") objectIn(text);
      // The end of a setting is judged when it is ended.
      if (next === "PUT") await judgeChange({ setting, way: next, text, accepts: accepted });
      setWay(next);
    });
  const save = () =>
    attempt(async () => {
      if (way === undefined) return;
      await makeChange({ setting, way, text, accepts }, message);
      notify(`${title}: ${way === "PUT" ? "saved" : "deleted"}`);
      done();
    });
  const causes = error instanceof LedgeError ? error.causes : [];
  const failing = causes.filter(({ code }) => code === "schema_conflict");
  const isConflict = error instanceof LedgeError && error.code === "schema_conflict";
  return (
    <Dialog title={title} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void (way === undefined ? plan("PUT") : save());
        }}
      >
        <Closed />
        {way === undefined ? (
          <>
            <p class="soft">{setting.about}</p>
            {asJson ? (
              <CodeEditor
                text={text}
                kind="json"
                label="As JSON"
                faults={faultsAt(causes, text)}
                changed={setText}
                complete={nothing}
                editor={editor}
              />
            ) : (
              <Fields setting={setting} text={text} set={setText} causes={causes} />
            )}
            {fields.length > 0 && (
              <button
                type="button"
                class="quiet"
                onClick={() =>
                  attempt(async () => {
                    objectIn(text);
                    setAsJson(!asJson);
                  })
                }
              >
                {asJson ? "As a form" : "As JSON"}
              </button>
            )}
          </>
        ) : (
          <Planned setting={setting} text={text} way={way} accepts={accepts} />
        )}
        {failing.length > 0 ? <Failing causes={failing} /> : <ErrorBox error={error} />}
        {isConflict && (
          <label class="check">
            <input
              type="checkbox"
              checked={accepts}
              onChange={(event) => setAccepts(event.currentTarget.checked)}
            />
            Put it all the same: each of them has to fit when it is changed next
          </label>
        )}
        {way !== undefined && <MessageField value={message} set={setMessage} />}
        <FormActions
          action={way === undefined ? "Plan" : way === "PUT" ? "Save" : "Yes, delete it"}
          disabled={busy || !isOpen() || (way === undefined && text === setting.text && etag !== undefined)}
          close={close}
        >
          {way !== undefined && (
            <button type="button" onClick={() => setWay(undefined)}>
              Back
            </button>
          )}
          {way === undefined && etag !== undefined && (
            <button type="button" class="danger" disabled={!isOpen()} onClick={() => plan("DELETE")}>
              Delete …
            </button>
          )}
        </FormActions>
      </form>
    </Dialog>
  );
}

/** Throws what is wrong with it. */
function objectIn(text: string): Members {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error("A setting is a JSON object: { … }");
  return value;
}

/** Nothing is offered as it is written. */
async function nothing() {
  return [];
}

function faultsAt(causes: readonly ErrorCause[], text: string): Fault[] {
  return causes.flatMap(({ pointer, detail = "", code = "" }) =>
    pointer === "" ? [] : [{ message: detail, code, ...placeInText(text, pointer, "json") }],
  );
}

interface FieldsProps {
  readonly setting: SettingToEdit;
  readonly text: string;
  readonly set: (text: string) => void;
  readonly causes: readonly ErrorCause[];
}

function Fields({ setting: { fields }, text, set, causes }: FieldsProps) {
  const value = objectIn(text);
  const change = (pointer: string) => (member: unknown) =>
    set(JSON.stringify(withMember(value, pointer, member), null, 2));
  return (
    <>
      {fields.map((spec) => (
        <Field
          key={spec.pointer}
          spec={spec}
          value={memberAt(value, spec.pointer)}
          set={change(spec.pointer)}
          fault={causes.find(({ pointer }) => `${pointer}/`.startsWith(`${spec.pointer}/`))?.detail}
        />
      ))}
    </>
  );
}

const JSON_TYPE = "application/json";

interface PlannedProps {
  readonly setting: SettingToEdit;
  readonly text: string;
  readonly way: Way;
  readonly accepts: boolean;
}

function Planned({ setting, text, way, accepts }: PlannedProps) {
  const side = (of: string) => ({ bytes: new TextEncoder().encode(of), mediaType: JSON_TYPE });
  const notes = (way === "PUT" && setting.notes?.(objectIn(text))) || [];
  return (
    <>
      <Patch
        name={setting.title}
        before={setting.etag === undefined ? undefined : side(setting.text)}
        after={way === "PUT" ? side(text) : undefined}
      />
      {way === "PUT" && !accepts && <p class="soft">{setting.judged ?? "The server would take it."}</p>}
      {notes.length > 0 && (
        <section class="banner" aria-label="Warnings">
          <ul class="plain">
            {notes.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Failing({ causes }: { causes: readonly ErrorCause[] }) {
  return (
    <section class="failure" role="alert">
      <p>{causes.length < 20 ? "Documents" : "The first 20 documents"} that are there and would fail it:</p>
      <ul>
        {causes.map(({ namespace = "", key = "", detail = "" }) => (
          <li key={key}>
            <a href={documentHref(namespace, key)} target="_blank" rel="noreferrer">
              {shownName(key)}
            </a>
            : {shownText(detail)}
          </li>
        ))}
      </ul>
    </section>
  );
}
