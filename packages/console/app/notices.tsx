/** What was just done, in a corner, until it is read: said to screen readers too. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface Notice {
  readonly id: number;
  readonly text: ComponentChildren;
}

const notices = signal<readonly Notice[]>([]);
const SHOWN_MS = 6000;
let last = 0;

export function notify(text: ComponentChildren): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value, { id, text }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text }) => (
        <div class="notice" key={id}>
          <span>{text}</span>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
