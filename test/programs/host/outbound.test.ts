import { describe, expect, test } from "vitest";
import { allowsOutbound, parseOutbound } from "../../../programs/host/spin/outbound.ts";

describe("parseOutbound", () => {
  test.each([
    [""],
    ["example.com"],
    ["https://"],
    ["https://example.com/path"],
    ["https://{a,b}.com"],
    ["{http,https}://a.com"],
    ["https://a.*.com"],
    ["https://a.com:99999"],
    ["https://a.com:x"],
    ["foo://a.com"],
    ["insecure:allow-all"],
  ])("refuses '%s', as Spin does at the start", (entry) => {
    expect(() => parseOutbound(entry)).toThrow();
  });
});

describe("allowsOutbound", () => {
  test.each([
    { entry: "https://bucket.invalid", url: "https://bucket.invalid/x", allowed: true },
    { entry: "https://bucket.invalid", url: "http://bucket.invalid/x", allowed: false },
    { entry: "https://bucket.invalid", url: "https://bucket.invalid:8443/", allowed: false },
    { entry: "https://bucket.invalid", url: "https://a.bucket.invalid/", allowed: false },
    { entry: "https://a.com/", url: "https://A.COM/", allowed: true },
    { entry: "*://a.com:*", url: "http://a.com:81/", allowed: true },
    { entry: "http://127.0.0.1:9000", url: "http://127.0.0.1:9000/b", allowed: true },
    { entry: "http://127.0.0.1:9000", url: "http://127.0.0.1:9001/b", allowed: false },
    { entry: "https://*.a.com", url: "https://b.a.com/", allowed: true },
    { entry: "https://*.a.com", url: "https://a.com/", allowed: false },
    { entry: "https://*.a.com", url: "https://ba.com/", allowed: false },
    { entry: "http://a.com:80..90", url: "http://a.com:85/", allowed: true },
    { entry: "http://a.com:80..90", url: "http://a.com:90/", allowed: false },
    { entry: "http://10.0.0.0/8", url: "http://10.1.2.3/", allowed: true },
    { entry: "http://10.0.0.0/8", url: "http://11.1.2.3/", allowed: false },
    { entry: "http://[::1]:80", url: "http://[::1]/", allowed: true },
    { entry: "*://*:*", url: "http://anything.example:1/", allowed: true },
    { entry: "*://*:*", url: "http://other.spin.internal/", allowed: true },
    { entry: "http://other.spin.internal", url: "https://other.spin.internal/", allowed: true },
    { entry: "http://other.spin.internal", url: "http://third.spin.internal/", allowed: false },
    { entry: "http://*.spin.internal", url: "http://third.spin.internal/", allowed: true },
    { entry: "http://self", url: "http://self.alt/x", allowed: true },
    { entry: "http://a.com", url: "http://self.alt/x", allowed: false },
  ])("$entry lets $url through: $allowed", ({ entry, url, allowed }) => {
    expect(allowsOutbound([parseOutbound(entry)], new URL(url))).toBe(allowed);
  });
});
