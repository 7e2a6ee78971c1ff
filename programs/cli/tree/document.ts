/** A document on its way in or out. */
export interface TreeDocument {
  readonly namespace: string;
  readonly key: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}
