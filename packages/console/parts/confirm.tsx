/** A question before something that is hard to take back; with a reason where one is kept. */
import { useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { ErrorBox } from "./failure.tsx";
import { FormActions } from "./form.tsx";

interface Props {
  readonly title: string;
  /** What will happen, in a sentence. */
  readonly text: string;
  readonly action: string;
  /** Asked for, and handed on. */
  readonly reason?: { readonly label: string; readonly required: boolean };
  readonly act: (reason: string) => Promise<void>;
  readonly close: () => void;
}

export function Confirm({ title, text, action, reason, act, close }: Props) {
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await act(words.trim());
      close();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        <p>{text}</p>
        {reason && (
          <label class="field">
            {reason.label}
            <input
              value={words}
              required={reason.required}
              maxLength={200}
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </label>
        )}
        <ErrorBox error={error} />
        <FormActions action={action} disabled={busy} close={close} />
      </form>
    </Dialog>
  );
}
