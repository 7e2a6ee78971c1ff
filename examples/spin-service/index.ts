/** A Spin component that answers by its configuration: `limits/api` of the namespace `demo`, read from Ledge. */
import { Variables } from "@fermyon/spin-sdk";
import { openConfig, type StandardSchema } from "../../packages/client/index.ts";

interface Limits {
  readonly requestsPerSecond: number;
}

/** In place of a library of schemas, which would be a megabyte of the component. */
const Limits: StandardSchema<Limits> = {
  "~standard": {
    version: 1,
    vendor: "example",
    validate(value) {
      const number = Object(value).requestsPerSecond;
      return Number.isInteger(number)
        ? { value: { requestsPerSecond: number } }
        : { issues: [{ message: "is to be a whole number", path: ["requestsPerSecond"] }] };
    },
  },
};

async function answer(): Promise<Response> {
  // For each request: an instance of Spin remembers nothing.
  const config = openConfig({
    url: Variables.get("ledge_url") ?? "",
    token: Variables.get("ledge_token") || undefined,
    namespace: "demo",
    timeoutMs: 2000,
    attempts: 2,
  });
  try {
    const { requestsPerSecond } = await config.get("limits/api", Limits);
    return new Response(`this service takes ${requestsPerSecond} requests a second\n`);
  } catch (error) {
    return new Response(`the configuration cannot be read: ${error}\n`, { status: 503 });
  }
}

interface FetchEvent {
  respondWith(response: Promise<Response>): void;
}

declare function addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;

addEventListener("fetch", (event) => event.respondWith(answer()));
