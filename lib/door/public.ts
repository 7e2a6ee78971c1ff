/** Public namespaces: `read` for anyone. */

/** Whether a namespace's document, as JSON text, says that it is public. */
export function isPublic(namespace: string | null): boolean {
  if (namespace === null || !namespace.includes('"public"')) return false;
  const settings: { public?: boolean } = JSON.parse(namespace);
  return settings.public === true;
}
