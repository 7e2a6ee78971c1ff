/**
 * Spans that begin at a stored moment: how long ago a thing was last done, or until when something is held. Promise:
 * no stored moment stops work for ever. A clock that was ahead once leaves moments ahead of now; one that lies further
 * ahead than its own span counts as none.
 */

export interface Span {
  readonly sinceMs: number;
  readonly lengthMs: number;
}

/** Whether a span is over. One that begins later than its whole length from now is void, and over too. */
export function isOver({ sinceMs, lengthMs }: Span, nowMs: number): boolean {
  return nowMs - sinceMs >= lengthMs || sinceMs - nowMs > lengthMs;
}
