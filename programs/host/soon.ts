/** What is there already, or comes later: a request that waits for nothing is answered without a promise. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: now where it is there. */
export function andThen<T, U>(soon: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return soon instanceof Promise ? soon.then(next) : next(soon);
}

/** Does `work` and then `after`, however the work ends. */
export function ending<T>(work: () => Soon<T>, after: () => void): Soon<T> {
  let later = false;
  try {
    const done = work();
    if (!(done instanceof Promise)) return done;
    later = true;
    return done.finally(after);
  } finally {
    if (!later) after();
  }
}
