/**
 * The way to the thread that commits: what comes while it is at a group is the next group, without any delay that is
 * made. Promise: what was proposed always ends, in its outcomes or in a StoreFault that says whether it may have been
 * committed.
 */
import type { Proposal } from "../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import type { CommitOptions } from "../../lib/store/commit/commit.ts";
import type { GroupMember } from "../../lib/store/commit/group.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { WireResult } from "./protocol.ts";

const GROUP_MEMBERS_MAX = 128;
const GROUP_BYTES_MAX = 16 * 1024 * 1024;
const QUEUE_MEMBERS_MAX = 4096;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;

interface Waiting {
  readonly member: GroupMember;
  readonly bytes: number;
  settle(result: WireResult): void;
}

export class Writer {
  readonly #send: (members: readonly GroupMember[]) => void;
  readonly #queue: Waiting[] = [];
  #queuedBytes = 0;
  #atWork: readonly Waiting[] = [];
  #scheduled = false;

  constructor(send: (members: readonly GroupMember[]) => void) {
    this.#send = send;
  }

  /** Commits all or none. Rejects with StoreFault as `commitAll` throws it; a full queue is one that is busy. */
  async commit(proposals: readonly Proposal[], options: CommitOptions): Promise<readonly CommitOutcome[]> {
    const result = await this.propose({ proposals, options });
    if (!result.ok) throw new StoreFault(result.fault);
    return result.outcomes;
  }

  /** The same as plain data. Never rejects. */
  propose(member: GroupMember): Promise<WireResult> {
    const bytes = member.proposals.reduce((sum, { body }) => sum + body.length, 0);
    if (this.#queue.length >= QUEUE_MEMBERS_MAX || this.#queuedBytes + bytes > QUEUE_BYTES_MAX)
      return Promise.resolve({ ok: false, fault: "database is locked: too many commits wait already" });
    return new Promise((settle) => {
      this.#queue.push({ member, bytes, settle });
      this.#queuedBytes += bytes;
      this.#soon();
    });
  }

  /** The results of the group that the thread was given. */
  ended(results: readonly WireResult[]): void {
    const group = this.#atWork;
    this.#atWork = [];
    for (const [index, { settle }] of group.entries()) settle(results[index] ?? LOST);
    this.#next();
  }

  /** The thread died. Whether the group that it was at was committed is not known; the others wait for the next. */
  lost(): void {
    this.ended([]);
  }

  /** What comes in together goes in one group. */
  #soon(): void {
    if (this.#scheduled || this.#atWork.length > 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#atWork.length > 0 || this.#queue.length === 0) return;
    let [count, bytes] = [0, 0];
    for (const one of this.#queue) {
      if (count > 0 && (count >= GROUP_MEMBERS_MAX || bytes + one.bytes > GROUP_BYTES_MAX)) break;
      count += 1;
      bytes += one.bytes;
    }
    this.#atWork = this.#queue.splice(0, count);
    this.#queuedBytes -= bytes;
    this.#send(this.#atWork.map(({ member }) => member));
  }
}

const LOST: WireResult = { ok: false, fault: "the thread that commits ended" };
