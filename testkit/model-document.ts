/** A document as the model of the store holds it. */
export interface ModelDocument {
  readonly value: string;
  readonly type: string;
  readonly revision: number;
  readonly created: number;
  readonly version: number;
}
