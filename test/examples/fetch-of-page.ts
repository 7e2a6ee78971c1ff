/**
 * `fetch` as a page of an origin has it, over Node's, which knows no origins: CORS as a browser keeps to it (WHATWG Fetch,
 * sections 3.2 and 4.8), as far as a page that reads needs it. Its text runs in another process, so it needs nothing beside it.
 */
export function fetchOfPage(origin: string): typeof fetch {
  const real = globalThis.fetch;
  const sentFreely = ["accept", "accept-language", "content-language"];
  const shownFreely = ["cache-control", "content-language", "content-type", "expires", "last-modified"];
  const listed = ({ headers }: Response, name: string) =>
    (headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
  const mayRead = ({ headers }: Response) => headers.get("access-control-allow-origin") === origin;

  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    const asked = [...headers.keys()].filter((name) => !sentFreely.includes(name));
    if (asked.length > 0) {
      const preflight = {
        origin,
        "access-control-request-method": init.method ?? "GET",
        "access-control-request-headers": asked.sort().join(","),
      };
      const answer = await real(input, { method: "OPTIONS", headers: preflight });
      const allowed = listed(answer, "access-control-allow-headers");
      if (!answer.ok || !mayRead(answer) || !asked.every((name) => allowed.includes(name)))
        throw new TypeError("the preflight was not answered for this page");
    }
    headers.set("origin", origin);
    const answer = await real(input, { ...init, headers });
    if (!mayRead(answer)) throw new TypeError("this page may not read that answer");
    const shown = [...listed(answer, "access-control-expose-headers"), ...shownFreely];
    const seen = [...answer.headers].filter(([name]) => shown.includes(name));
    return new Response(answer.body, { status: answer.status, headers: seen });
  };
}
