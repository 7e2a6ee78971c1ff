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
    ["https://bucket.invalid", "https://bucket.invalid/x", true],
    ["https://bucket.invalid", "http://bucket.invalid/x", false],
    ["https://bucket.invalid", "https://bucket.invalid:8443/", false],
    ["https://bucket.invalid", "https://a.bucket.invalid/", false],
    ["https://a.com/", "https://A.COM/", true],
    ["*://a.com:*", "http://a.com:81/", true],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000/b", true],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9001/b", false],
    ["https://*.a.com", "https://b.a.com/", true],
    ["https://*.a.com", "https://a.com/", false],
    ["https://*.a.com", "https://ba.com/", false],
    ["http://a.com:80..90", "http://a.com:85/", true],
    ["http://a.com:80..90", "http://a.com:90/", false],
    ["http://10.0.0.0/8", "http://10.1.2.3/", true],
    ["http://10.0.0.0/8", "http://11.1.2.3/", false],
    ["http://[::1]:80", "http://[::1]/", true],
    ["*://*:*", "http://anything.example:1/", true],
    ["*://*:*", "http://other.spin.internal/", true],
    ["http://other.spin.internal", "https://other.spin.internal/", true],
    ["http://other.spin.internal", "http://third.spin.internal/", false],
    ["http://*.spin.internal", "http://third.spin.internal/", true],
    ["http://self", "http://self.alt/x", true],
    ["http://a.com", "http://self.alt/x", false],
  ])("%s lets %s through: %s", (entry, url, allowed) => {
    expect(allowsOutbound([parseOutbound(entry)], new URL(url))).toBe(allowed);
  });
});
