/** `node scripts/console-pictures.mjs`: the pictures of docs/console.md, of a server with edges and a rollout. */
import { importTypeScript, root } from "./ensure.mjs";

const { takePictures } = await importTypeScript("testkit/console-pictures.ts");
await takePictures(root);
