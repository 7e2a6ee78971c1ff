/** Server-sent events (WHATWG HTML, section 9.2.6), as far as Ledge sends them. */

/** `data` is undefined for what carries none: a comment, or a new place alone. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string | undefined;
}

/** The events of an answer as they come. Ends where the answer does; rejects where it breaks. */
export async function* eventsOf(response: Pick<Response, "body">): AsyncGenerator<ServerEvent> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield eventIn(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function eventIn(block: string): ServerEvent {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ""));
  }
  return { id: fields.get("id"), data: fields.get("data") };
}
