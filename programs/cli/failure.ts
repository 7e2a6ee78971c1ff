/**
 * How a command ends. Exit codes are interface (docs/cli.md): 0 done, 1 a fault or a no, 2 wrong use, 3 absent,
 * 4 not allowed, 5 stale, 6 refused by a rule of the namespace, 7 nobody answers, 8 a plan with changes, 9 not yet.
 */

export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  absent: 3,
  auth: 4,
  stale: 5,
  refused: 6,
  unreachable: 7,
  changes: 8,
  late: 9,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a sentence and, where there is one, what to do next. */
export class Failure extends Error {
  readonly exit: ExitCode;
  readonly hint: string | undefined;
  /** The problem document's code, where a server said it. */
  readonly code: string | undefined;

  constructor(
    exit: ExitCode,
    message: string,
    more: { hint?: string | undefined; code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = "Failure";
    this.exit = exit;
    this.hint = more.hint;
    this.code = more.code;
  }
}

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  lineage: EXIT.stale,
  compacted: EXIT.absent,
  revision_lost: EXIT.absent,
  plan_changed: EXIT.stale,
  message_required: EXIT.refused,
  read_only: EXIT.refused,
};
const BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.auth,
  403: EXIT.auth,
  404: EXIT.absent,
  409: EXIT.refused,
  410: EXIT.absent,
  412: EXIT.stale,
  413: EXIT.refused,
  415: EXIT.usage,
  422: EXIT.refused,
  428: EXIT.stale,
};

/** The exit code for a problem document: its code decides where that is finer than its status. */
export function exitFor(status: number, code: string | undefined): ExitCode {
  return (code === undefined ? undefined : BY_CODE[code]) ?? BY_STATUS[status] ?? EXIT.fault;
}
