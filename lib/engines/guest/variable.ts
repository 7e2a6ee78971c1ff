import { Variables } from "@fermyon/spin-sdk";

/** An unmapped variable is an error on Spin; to us it is one that is not set. */
export function readVariable(name: string): string | undefined {
  return Variables.get(name) ?? undefined;
}
