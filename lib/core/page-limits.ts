/** How much one page holds (docs/http.md, "Limits"); always at least one item or one whole commit. */
export const PAGE_LIMITS = { items: 1_000, itemsDefault: 100, bytes: 4_194_304 } as const;

/** What one page of a search looks at; always at least one document. */
export const SEARCH_LIMITS = { documents: 20_000, bytes: 16_777_216, ranges: 2_000 } as const;

/** How many causes a refusal lists in `errors`, and how many things of one body are told at once. */
export const CAUSES_MAX = 100;
