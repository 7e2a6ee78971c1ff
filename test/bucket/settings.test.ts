import { describe, expect, test } from "vitest";
import { parseBucketVariables } from "../../lib/bucket/settings.ts";

const SET: Readonly<Record<string, string>> = {
  bucket_endpoint: "https://s3.example.com",
  bucket_name: "backups",
  bucket_access_key_id: "key",
  bucket_secret_access_key: "secret",
};
const parse = (more: Readonly<Record<string, string>>) => {
  const variables: Readonly<Record<string, string>> = { ...SET, ...more };
  return parseBucketVariables((name) => variables[name]);
};

describe("parseBucketVariables", () => {
  test("has a prefix of its own where none is told", () => {
    expect(parse({})).toMatchObject({ kind: "set", settings: { prefix: "ledge", pathStyle: true } });
    expect(parse({ bucket_prefix: "team-a/shop.v2" })).toMatchObject({ kind: "set" });
  });

  test.each([
    "",
    " ",
    "/",
    "/ledge",
    "ledge/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a b",
    "a\tb",
    "é",
    "a?b",
  ])("refuses the prefix %j by its name", (prefix) => {
    expect(parse({ bucket_prefix: prefix })).toEqual({ kind: "invalid", variables: ["bucket_prefix"] });
  });

  test("names everything that is missing, and repeats no secret", () => {
    const parsed = parse({
      bucket_access_key_id: "",
      bucket_secret_access_key: "",
      bucket_path_style: "maybe",
    });
    expect(parsed).toEqual({
      kind: "invalid",
      variables: ["bucket_access_key_id", "bucket_secret_access_key", "bucket_path_style"],
    });
  });

  test("knows three kinds of checksum, and refuses others by the setting's name", () => {
    expect(parse({})).toMatchObject({ settings: { integrity: "none" } });
    expect(parse({ bucket_integrity: "md5" })).toMatchObject({ settings: { integrity: "md5" } });
    expect(parse({ bucket_integrity: "sha256" })).toMatchObject({ settings: { integrity: "sha256" } });
    for (const bucket_integrity of ["crc32", "MD5", "true"])
      expect(parse({ bucket_integrity })).toEqual({ kind: "invalid", variables: ["bucket_integrity"] });
  });

  test("is not set without an endpoint or a name", () => {
    expect(parse({ bucket_name: "" })).toEqual({ kind: "not_set" });
    expect(parse({ bucket_endpoint: "https://bucket.invalid" })).toEqual({ kind: "not_set" });
  });
});
