/** How a host tells which tokens were used: by a call that no client can make (lib/http/chained.ts). */

export const TELL_USED = { component: "snapshot-export", path: "/internal/tokens-used" } as const;
/** More than this are told with the next call. */
export const USED_AT_ONCE = 10_000;
