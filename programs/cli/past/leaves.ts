/** The leaves of a JSON value: what holds no other value, each by its JSON pointer (RFC 6901). */

/** Pointer to JSON text, in the order of the value. An empty object or list is a leaf. */
export function leavesOf(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  gather(value, "", leaves);
  return leaves;
}

function gather(value: unknown, pointer: string, leaves: Map<string, string>): void {
  const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (members.length === 0) leaves.set(pointer, JSON.stringify(value));
  for (const [name, inner] of members)
    gather(inner, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, leaves);
}
