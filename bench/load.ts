/**
 * Load over HTTP on loopback, bounded in time. The generator runs in this process and shares the two cores with
 * what it loads, for every server alike: only ratios mean something.
 */
import autocannon from "autocannon";

export interface Load {
  readonly url: string;
  readonly clients: number;
  readonly method?: "GET" | "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for each request's body, so that writes differ. */
  readonly body?: (nth: number) => string;
  readonly seconds?: number;
}

/** Requests a second that ended with 2xx; throws when any did not. */
export async function requestsPerSecond(load: Load): Promise<number> {
  const { body } = load;
  let nth = 0;
  const result = await autocannon({
    url: load.url,
    connections: load.clients,
    duration: load.seconds ?? 4,
    method: load.method ?? "GET",
    headers: { ...load.headers },
    ...(body === undefined
      ? {}
      : {
          requests: [{ setupRequest: (request: autocannon.Request) => ({ ...request, body: body(nth++) }) }],
        }),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(
      `${load.url}: ${result.non2xx} answers were not 2xx, ${result.errors} errors: ${JSON.stringify(result.statusCodeStats)}`,
    );
  }
  return result["2xx"] / result.duration;
}
