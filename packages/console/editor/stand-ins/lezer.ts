/** Stands in for `@lezer/common` when the console is bundled (build/console.ts): there are no syntax trees, so no node has a property. */
export const NodeProp = { closedBy: undefined, openedBy: undefined };
