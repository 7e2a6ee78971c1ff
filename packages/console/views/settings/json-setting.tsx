/** A setting as the API takes it: JSON to write, saved only over what was read. */
import { useState } from "preact/hooks";
import { notify } from "../../app/notices.tsx";
import { send } from "../../app/server.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { FormActions, MessageField } from "../../parts/form.tsx";

export interface SettingToEdit {
  readonly title: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Undefined for a new one. */
  readonly etag: string | undefined;
  readonly text: string;
  /** What it is, in a sentence. */
  readonly about: string;
}

interface Props {
  readonly setting: SettingToEdit;
  readonly close: () => void;
  readonly done: () => void;
}

export function JsonSetting({ setting, close, done }: Props) {
  const { title, path, query = {}, etag, about } = setting;
  const [text, setText] = useState(setting.text);
  const [message, setMessage] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const [sure, setSure] = useState(false);
  const headers = etag === undefined ? { "if-none-match": "*" } : { "if-match": etag };
  const asked = { ...query, message: message || undefined };
  const attempt = (work: () => Promise<unknown>, said: string) => async (event: Event) => {
    event.preventDefault();
    try {
      await work();
      notify(said);
      done();
    } catch (cause) {
      setError(cause);
    }
  };
  const save = attempt(async () => {
    JSON.parse(text);
    await send("PUT", path, {
      query: asked,
      headers: { ...headers, "content-type": "application/json" },
      body: text,
    });
  }, `${title}: saved`);
  const remove = attempt(() => send("DELETE", path, { query: asked, headers }), `${title}: deleted`);
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={save}>
        <p class="soft">{about}</p>
        <label class="field">
          As JSON
          <textarea
            class="mono"
            rows={14}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <MessageField value={message} set={setMessage} />
        <ErrorBox error={error} />
        <FormActions action="Save" close={close}>
          {etag !== undefined &&
            (sure ? (
              <button type="button" class="danger" onClick={remove}>
                Yes, delete it
              </button>
            ) : (
              <button type="button" class="danger" onClick={() => setSure(true)}>
                Delete …
              </button>
            ))}
        </FormActions>
      </form>
    </Dialog>
  );
}
