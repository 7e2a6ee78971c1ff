import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST } from "../../../testkit/host.ts";
import { storeContract } from "../../../testkit/store-contract.ts";

beforeAll(() => buildFor(PROBE_MANIFEST));

describe("the store contract inside a component", () => {
  for (const [at, one] of storeContract.entries()) {
    test(one.name, async () => {
      const host = await openTestHost();
      const response = await fetch(`${host.url}/contract/${at}`);
      expect(await response.text()).toBe(one.name);
    });
  }
});
