/** The part of the WebAssembly interface that the host uses; Node's types name the namespace only. */
declare namespace WebAssembly {
  class Module {}
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Global {
    value: number | bigint;
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, unknown>);
    readonly exports: Record<string, unknown>;
  }
  /** Missing in Node 20; patches.ts puts something there. */
  let promising: unknown;
  function compile(bytes: Uint8Array): Promise<Module>;
}
