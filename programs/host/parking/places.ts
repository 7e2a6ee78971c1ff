/** Where requests wait, by the namespaces of which they want to hear: a commit is looked up by what it changed. */
import type { Park } from "../../../lib/core/waiting.ts";

export interface Parked {
  readonly park: Park;
  wake(ended: boolean): void;
}

export class Places {
  /** Those that wait for any change, and for the bucket, stand under no name. */
  readonly #byNamespace = new Map<string | undefined, Set<Parked>>();
  size = 0;

  add(parked: Parked): void {
    for (const namespace of namespacesOf(parked)) {
      const there = this.#byNamespace.get(namespace);
      if (there === undefined) this.#byNamespace.set(namespace, new Set([parked]));
      else there.add(parked);
    }
    this.size += 1;
  }

  remove(parked: Parked): void {
    let was = false;
    for (const namespace of namespacesOf(parked)) {
      const there = this.#byNamespace.get(namespace);
      was = there?.delete(parked) === true || was;
      if (there?.size === 0) this.#byNamespace.delete(namespace);
    }
    if (was) this.size -= 1;
  }

  /** Those that a change of these namespaces may concern; of undefined, which is not known, all. Some come twice. */
  concernedBy(namespaces: readonly string[] | undefined): Parked[] {
    const names = namespaces === undefined ? this.#byNamespace.keys() : [...namespaces, undefined];
    return [...names].flatMap((name) => [...(this.#byNamespace.get(name) ?? [])]);
  }
}

function namespacesOf({ park }: Parked): readonly (string | undefined)[] {
  return (park.until === "head" ? park.namespaces : undefined) ?? ANY;
}

const ANY: readonly undefined[] = [undefined];
