/** A function that remembers what it gave. */
import { expect, test } from "vitest";
import { remembering } from "../../lib/core/remembering.ts";

function counting() {
  let made = 0;
  const upper = remembering((text) => {
    made += 1;
    return { said: text.toUpperCase() };
  });
  return { upper, made: () => made };
}

test("a text that comes again is not made again", () => {
  const { upper, made } = counting();
  const first = upper("a");
  expect(first).toEqual({ said: "A" });
  expect(upper("b")).toEqual({ said: "B" });
  expect(upper("a")).toBe(first);
  expect(made()).toBe(2);
});

test("what is kept has bounds: long texts are not, and of many the memory begins anew", () => {
  const { upper, made } = counting();
  const long = "x".repeat(5000);
  expect([upper(long), upper(long)]).toEqual([{ said: long.toUpperCase() }, { said: long.toUpperCase() }]);
  expect(made()).toBe(2);
  for (let n = 0; n < 300; n += 1) upper(`${n}`);
  expect(made()).toBe(302);
  upper("299");
  expect(made()).toBe(302);
  upper("0");
  expect(made()).toBe(303);
});
