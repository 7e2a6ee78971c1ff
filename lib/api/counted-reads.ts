/** Which requests a limit of reads counts: what is answered from the store and changes nothing. */

/** `path` without its query. Health, readiness and metrics lie outside, so that whoever watches a server always may. */
export function countsAsRead(method: string, path: string): boolean {
  if (method === "GET" || method === "HEAD") return path.startsWith("/v1/");
  return method === "POST" && path === "/v1/plan";
}
