/** What an operation is given and answers, as types, from its entry and the schemas. Nothing here exists at run time. */
import type * as z from "zod/mini";
import type { INTERNAL_OPERATIONS, OPERATIONS } from "./operations.ts";
import type { PARAMETERS, ParameterName, ValueOf } from "./parameters.ts";
import type { Schemas } from "./schemas.ts";

type AnyOperation = (typeof OPERATIONS)[number] | (typeof INTERNAL_OPERATIONS)[number];
export type OperationId = AnyOperation["id"];
export type OperationOf<Id extends OperationId> = Extract<AnyOperation, { id: Id }>;
export type IdsOf<Component> = Extract<AnyOperation, { component: Component }>["id"];

/** The schema that a body is judged by; never for bytes and for no body. */
export type BodyNameOf<Id> = Id extends OperationId
  ? OperationOf<Id> extends { body: { schema: infer Name extends keyof Schemas } }
    ? Name
    : never
  : never;

type Members<Names extends ParameterName> = {
  readonly [Name in Names as (typeof PARAMETERS)[Name]["as"]]: ValueOf<(typeof PARAMETERS)[Name]["kind"]>;
};

/** What a handler is given: each parameter as a value of its kind, and the body by its schema. */
export type Input<Id extends OperationId> = Members<OperationOf<Id>["parameters"][number]> &
  ([BodyNameOf<Id>] extends [never] ? object : { readonly body: z.infer<Schemas[BodyNameOf<Id>]> });

type ContentOf<A> = A extends { content: infer Name extends keyof Schemas } ? z.infer<Schemas[Name]> : never;

/** What a handler's JSON answers hold; never where they are bytes or text. */
export type Content<Id extends OperationId> = ContentOf<
  OperationOf<Id>["answers"][keyof OperationOf<Id>["answers"]]
>;
