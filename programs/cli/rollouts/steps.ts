/** The steps of a rollout as flags: `--step ring=canary`, `--step 10%`; several labels with commas between them. */
import { readFileSync } from "node:fs";
import { RolloutBody } from "../../../lib/api/rollout-bodies.ts";
import { EXIT, Failure } from "../failure.ts";
import { parseSpan } from "../moment.ts";
import { wholeNumber } from "../whole-number.ts";

export interface StepFlags {
  readonly fromFile?: string;
  readonly step?: readonly string[];
  readonly bake?: string;
  readonly minShare?: string;
  readonly maxRefusals?: string;
  readonly maxErrorRate?: string;
  readonly maxFailing?: string;
  readonly maxSilence?: string;
  readonly maxSilent?: string;
  readonly minEdges?: string;
  readonly onFailure?: string;
  readonly review?: boolean;
  readonly reviewStep?: readonly string[];
}

type Body = Omit<RolloutBody, "to">;
const DEFAULT_BAKE = "10m";

export function bodyOf(flags: StepFlags): Body {
  const told = flags.fromFile === undefined ? undefined : bodyInFile(flags.fromFile);
  if (told !== undefined && (flags.step !== undefined || flags.bake !== undefined))
    throw new Failure(EXIT.usage, "--from-file has the steps: leave --step and --bake out");
  const health = { ...told?.health, ...healthOf(flags) };
  return {
    steps: reviewed(told?.steps ?? stepsOf(flags), flags.reviewStep ?? []),
    review: flags.review ?? told?.review,
    ...(Object.keys(health).length === 0 ? {} : { health }),
    onFailure: failureOf(flags.onFailure) ?? told?.onFailure,
  };
}

function reviewed(steps: Body["steps"], named: readonly string[]): Body["steps"] {
  const places = named.map((text) => wholeNumber("--review-step", text, 1) ?? 0);
  const beyond = places.find((place) => place > steps.length);
  if (beyond !== undefined)
    throw new Failure(EXIT.usage, `--review-step ${beyond} names no step: there are ${steps.length}`);
  return steps.map((step, at) => (places.includes(at + 1) ? { ...step, review: true } : step));
}

function stepsOf({ step = [], bake = DEFAULT_BAKE }: StepFlags): Body["steps"] {
  if (step.length === 0)
    throw new Failure(EXIT.usage, "say by which steps: --step ring=canary --step 10% --step 100%", {
      hint: "or --from-file FILE with the steps as JSON",
    });
  const bakeSeconds = bake === "0" ? 0 : parseSpan("--bake", bake) / 1000;
  return step.map((text) => {
    const percent = /^(\d{1,3})%$/.exec(text)?.[1];
    if (percent !== undefined) return { percent: Number(percent), bakeSeconds };
    return { labels: labelsOf(text), bakeSeconds };
  });
}

/** `ring=canary,region=eu`. */
export function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(",").map((one): [string, string] => {
      const [name = "", value = "", ...others] = one.split("=");
      if (name === "" || value === "" || others.length > 0)
        throw new Failure(EXIT.usage, `${text} is neither labels (ring=canary) nor a share (10%)`);
      return [name, value];
    }),
  );
}

function healthOf(flags: StepFlags): NonNullable<Body["health"]> {
  const share = (flag: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
    const value = percent === undefined ? Number(text) : Number(percent) / 100;
    if (!(value >= 0 && value <= 1))
      throw new Failure(EXIT.usage, `${flag} takes a share, such as 90% or 0.9`);
    return value;
  };
  const { maxSilence } = flags;
  const health = {
    minShare: share("--min-share", flags.minShare),
    maxRefusals: wholeNumber("--max-refusals", flags.maxRefusals),
    maxErrorRate: share("--max-error-rate", flags.maxErrorRate),
    maxFailing: share("--max-failing", flags.maxFailing),
    maxSilenceSeconds: maxSilence === undefined ? undefined : parseSpan("--max-silence", maxSilence) / 1000,
    maxSilent: share("--max-silent", flags.maxSilent),
    minEdges: wholeNumber("--min-edges", flags.minEdges),
  };
  return Object.fromEntries(Object.entries(health).filter(([, value]) => value !== undefined));
}

function failureOf(text: string | undefined): "stop" | "back" | undefined {
  if (text === undefined || text === "stop" || text === "back") return text;
  throw new Failure(EXIT.usage, "--on-failure is stop or back");
}

/** What the route takes, without `to`. */
function bodyInFile(file: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file} cannot be read as JSON`, { cause });
  }
  const steps = Array.isArray(value) ? { steps: value } : value;
  const parsed = RolloutBody.safeParse(typeof steps === "object" ? { ...steps, to: 1 } : steps);
  if (parsed.success) {
    const { to: _, ...body } = parsed.data;
    return body;
  }
  const [issue] = parsed.error.issues;
  throw new Failure(
    EXIT.usage,
    `${file}: ${issue?.path.join("/") ?? ""}: ${issue?.message ?? "not a rollout"}`,
    {
      hint: 'it is a list of steps, or {"steps":[…],"health":{…},"onFailure":"back"} (docs/rollouts.md)',
    },
  );
}
