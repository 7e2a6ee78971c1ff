/** The description of the interface as text; made and packed when a component is built, never while it runs. */
import { packText } from "../core/packed-text.ts";
import { describeInterface } from "./openapi.ts";

export const packedOpenapi = packText(JSON.stringify(describeInterface()));
