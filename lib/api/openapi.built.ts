/** The description of the interface as text; made when a component is built, never while it runs. */
import { describeInterface } from "./openapi.ts";

export const openapiText = JSON.stringify(describeInterface());
