/** What a namespace's document (`_system` `namespace/<name>`, as JSON text) says to readers. */

/** Whether anybody may read it. The document is parsed only when it says something about that. */
export function isPublic(document: string | null): boolean {
  if (document === null || !document.includes('"public"')) return false;
  const settings: { public?: boolean } = JSON.parse(document);
  return settings.public === true;
}
