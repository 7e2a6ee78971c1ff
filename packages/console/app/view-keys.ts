/** What keys do in the view that is shown, besides those that work everywhere. */
import { signal } from "@preact/signals";

export const viewKeys = signal<Readonly<Record<string, () => void>>>({});
