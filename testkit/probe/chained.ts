/** A probe that only other components reach. It is granted nothing. */
import { sendRequest } from "fermyon:spin/http";
import { Connection } from "spin:sqlite/sqlite@3.0.0";
import type { HttpRequest } from "../../lib/core/http.ts";
import { serve } from "../../lib/engines/quickjs/serve.ts";

let counter = 0;

export const inboundHttp = serve((request) => {
  counter += 1;
  const path = request.uri.split("?", 1)[0];
  if (path === "/throw") throw new Error("thrown by the chained probe");
  const body = path === "/denied" ? denied() : seen(request);
  return { status: 201, headers: [["x-probe", "chained"]], body: JSON.stringify(body) };
});

function seen(request: HttpRequest) {
  return { counter, uri: request.uri, headers: request.headers };
}

function denied() {
  return [
    attempt(() => Connection.open("default")),
    attempt(() =>
      sendRequest({ method: "get", uri: "http://127.0.0.1:1/", headers: [], params: [], body: undefined }),
    ),
  ];
}

function attempt(work: () => unknown): unknown {
  try {
    work();
    return "allowed";
  } catch (error) {
    return error instanceof Object && "payload" in error ? error.payload : String(error);
  }
}
