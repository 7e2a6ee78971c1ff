/** What the forms of dialogs are made of: a line to write, why something is done, and the two buttons at the end. */
import type { ComponentChildren } from "preact";

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly type?: "text" | "number";
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly pattern?: string;
  readonly title?: string;
}

export function TextField({ label, value, set, type, ...rest }: TextProps) {
  // The types take a kind that is written out alone.
  const kind: object = type === undefined ? {} : { type };
  return (
    <label class="field">
      {label}
      <input value={value} onInput={(event) => set(event.currentTarget.value)} {...kind} {...rest} />
    </label>
  );
}

export function MessageField({ value, set }: Pick<TextProps, "value" | "set">) {
  return <TextField label="Why (kept with the commit)" maxLength={1000} value={value} set={set} />;
}

interface ActionsProps {
  /** Of the button that does it. */
  readonly action: string;
  readonly disabled?: boolean;
  readonly close: () => void;
  /** Behind them. */
  readonly children?: ComponentChildren;
}

export function FormActions({ action, disabled = false, close, children }: ActionsProps) {
  return (
    <div class="actions-row">
      <button type="submit" class="main" disabled={disabled}>
        {action}
      </button>
      <button type="button" onClick={close}>
        Cancel
      </button>
      {children}
    </div>
  );
}
