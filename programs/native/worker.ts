/** What a thread of the native engine runs, by its role. What only one role needs is loaded with it. */
import { parentPort, workerData } from "node:worker_threads";
import type { NativeThreadSettings } from "./protocol.ts";

if (parentPort === null) throw new Error("this runs as a thread of the native engine");
const settings: NativeThreadSettings = workerData.settings;
switch (settings.role) {
  case "write":
    (await import("./write-thread.ts")).serveWrites(parentPort, settings);
    break;
  case "read":
    (await import("./read-thread.ts")).serveReads(parentPort, workerData.calls, settings);
    break;
  case "export":
    (await import("./export-thread.ts")).serveExports(parentPort, settings);
    break;
}
