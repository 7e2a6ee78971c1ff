/** The native engine for tests. */
import type { HostOptions } from "../programs/host/options.ts";
import { type NativeOptions, nativeEngine } from "../programs/native/engine.ts";
import { FULL } from "./crash-sample.ts";
import { threadFile } from "./threads.ts";

/** For `HostOptions.engine`. */
export function testNativeEngine(options: Pick<NativeOptions, "wal"> = {}): ReturnType<typeof nativeEngine> {
  return nativeEngine({ workerFile: threadFile("native-worker"), ...options });
}

/**
 * For rules that are the same code on both engines, and are met in the components elsewhere: the native engine, which
 * takes a fifth of the processor. The long form takes the components here, too.
 */
export function cheaperEngine(): Pick<HostOptions, "engine"> {
  return FULL ? {} : { engine: testNativeEngine() };
}
