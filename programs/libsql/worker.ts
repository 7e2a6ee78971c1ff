/** The helper thread of a thread that speaks to a libSQL server (lib/store/libsql/sync-post.ts starts it). */
import { workerData } from "node:worker_threads";
import { servePosts } from "../../lib/store/libsql/post.ts";

servePosts(workerData);
