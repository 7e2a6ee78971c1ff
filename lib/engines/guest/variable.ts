import * as variables from "fermyon:spin/variables@2.0.0";

/** An unmapped variable is an error on Spin; to us it is one that is not set. */
export function readVariable(name: string): string | undefined {
  try {
    return variables.get(name);
  } catch {
    return undefined;
  }
}
