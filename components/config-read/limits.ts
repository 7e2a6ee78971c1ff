/** How much one page holds: items, and bytes of JSON; always at least one item or one whole commit. */
export const PAGE_ITEMS_MAX = 1000;
export const PAGE_BYTES_MAX = 4_194_304;
export const PAGE_ITEMS = 100;
