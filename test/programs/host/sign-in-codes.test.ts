import { describe, expect, test } from "vitest";
import { SignInCodes, withTokenOfCode } from "../../../programs/host/front/sign-in-codes.ts";

const request = (headers: string[], uri = "/console/session", method = "POST") => ({
  method,
  uri,
  headers: ["host", "a.example", ...headers],
  body: new Uint8Array(0),
});

describe("a code that signs in", () => {
  test("is good once", () => {
    const codes = new SignInCodes();
    const code = codes.make("ldg_x");
    expect(codes.take(code)).toBe("ldg_x");
    expect(codes.take(code)).toBeUndefined();
  });

  test("is good for ten minutes", () => {
    const clock = { ms: 0 };
    const codes = new SignInCodes(() => clock.ms);
    const [early, late] = [codes.make("ldg_x"), codes.make("ldg_x")];
    clock.ms = 599_999;
    expect(codes.take(early)).toBe("ldg_x");
    clock.ms = 600_000;
    expect(codes.take(late)).toBeUndefined();
  });

  test("is another one each time, and of the newest hundred", () => {
    const codes = new SignInCodes();
    const made = Array.from({ length: 101 }, () => codes.make("ldg_x"));
    expect(new Set(made).size).toBe(101);
    expect(codes.take(made[0] ?? "")).toBeUndefined();
    expect(codes.take(made[1] ?? "")).toBe("ldg_x");
  });

  test("is pushed out by no other token, however many codes that one asks for", () => {
    const codes = new SignInCodes();
    const code = codes.make("ldg_x");
    const others = Array.from({ length: 300 }, () => codes.make("ldg_y"));
    expect(codes.take(code)).toBe("ldg_x");
    expect(codes.take(others.at(-1) ?? "")).toBe("ldg_y");
  });

  test("becomes the token of the request that begins a session", () => {
    const codes = new SignInCodes();
    const made = withTokenOfCode(
      codes,
      request(["ledge-console-code", codes.make("ldg_x"), "ledge-console", "1"]),
    );
    expect(made).toMatchObject({
      headers: ["host", "a.example", "ledge-console", "1", "authorization", "Bearer ldg_x"],
    });
  });

  test("of nobody is refused, and says how to get another", () => {
    const refused = withTokenOfCode(new SignInCodes(), request(["ledge-console-code", "x"]));
    expect(refused).toMatchObject({ code: "bad_token", detail: expect.stringContaining("ledge open") });
  });

  test.each([
    { why: "on another path", asked: (code: string) => request(["ledge-console-code", code], "/v1/whoami") },
    {
      why: "with another method",
      asked: (code: string) => request(["ledge-console-code", code], "/console/session", "DELETE"),
    },
  ])("is not looked at $why", ({ asked }) => {
    const codes = new SignInCodes();
    const code = codes.make("ldg_x");
    const whole = asked(code);
    expect(withTokenOfCode(codes, whole)).toBe(whole);
    expect(codes.take(code)).toBe("ldg_x");
  });
});
