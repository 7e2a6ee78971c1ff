/** Whether a text is JSON (RFC 8259, so without a byte order mark). Nothing of the parsed value is used. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Text that is not JSON is text.
    return false;
  }
}
