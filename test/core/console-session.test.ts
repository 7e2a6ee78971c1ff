import { describe, expect, test } from "vitest";
import { isFromConsole, sessionToken } from "../../lib/core/console-session.ts";

const from = (headers: Record<string, string>) =>
  isFromConsole(Object.entries({ "ledge-console": "1", ...headers }));

describe("a request of the console's own page", () => {
  test.each([
    { headers: { "sec-fetch-site": "same-origin" }, is: true },
    // A browser's word for the site is stronger than what looks like ours.
    { headers: { "sec-fetch-site": "cross-site", host: "a.example", origin: "http://a.example" }, is: false },
    { headers: { host: "a.example:8443", origin: "https://a.example:8443" }, is: true },
    { headers: { host: "a.example:8443", origin: "https://a.example" }, is: false },
    { headers: { host: "a.example", origin: "https://a.example.evil" }, is: false },
    { headers: { host: "a.example", origin: "ftp://a.example" }, is: false },
    { headers: { origin: "https://a.example" }, is: false },
    { headers: { host: "a.example" }, is: false },
    { headers: { "ledge-console": "true", "sec-fetch-site": "same-origin" }, is: false },
  ])("is $is for $headers", ({ headers, is }) => {
    expect(from(headers)).toBe(is);
  });
});

test("a session is found in any line of cookies, once and whole", () => {
  const here = { "ledge-console": "1", "sec-fetch-site": "same-origin" };
  const token = (...cookies: string[]) =>
    sessionToken([...Object.entries(here), ...cookies.map((one): [string, string] => ["cookie", one])]);
  expect(token("a=1; ledge_session=t; b=2")).toBe("t");
  expect(token("a=1", "ledge_session=t")).toBe("t");
  expect(token("xledge_session=t")).toBeUndefined();
  expect(token("ledge_sessionx=t")).toBeUndefined();
  expect(token()).toBeUndefined();
});

test("of two different sessions none counts, whoever set the other one", () => {
  const here = { "ledge-console": "1", "sec-fetch-site": "same-origin" };
  const token = (...cookies: string[]) =>
    sessionToken([...Object.entries(here), ...cookies.map((one): [string, string] => ["cookie", one])]);
  expect(token("ledge_session=evil; ledge_session=t")).toBeUndefined();
  expect(token("ledge_session=t", "ledge_session=evil")).toBeUndefined();
  expect(token("ledge_session=t; ledge_session=t")).toBe("t");
});
