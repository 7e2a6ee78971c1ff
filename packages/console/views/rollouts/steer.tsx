/** Pause, resume, hurry, take back: each with what it will do. */
import { useState } from "preact/hooks";
import type { Rollout } from "../../../../lib/api/rollout-bodies.ts";
import { notify } from "../../app/notices.tsx";
import { part, send, server } from "../../app/server.ts";
import { may, whoami } from "../../app/session.ts";
import { Confirm } from "../../parts/confirm.tsx";

type Verb = "approve" | "pause" | "resume" | "hurry" | "abort";

const WORDS: Readonly<Record<Verb, { button: string; text: (rollout: Rollout) => string; done: string }>> = {
  approve: {
    button: "Approve",
    text: ({ step, to }) => `Step ${step + 2} begins: its edges get revision ${to}.`,
    done: "Approved",
  },
  pause: {
    button: "Halt",
    text: ({ to }) => `Edges that have revision ${to} keep it, no others get it, until somebody resumes.`,
    done: "The rollout is halted",
  },
  resume: {
    button: "Resume",
    text: () => "The rollout goes on; its step bakes from the beginning.",
    done: "The rollout goes on",
  },
  hurry: {
    button: "Hurry",
    text: ({ to }) => `Every edge gets revision ${to} now, whatever steps are left. This needs a reason.`,
    done: "Every edge gets the new revision",
  },
  abort: {
    button: "Roll back",
    text: ({ from }) => `Every edge gets revision ${from} again, where this rollout came from.`,
    done: "The rollout is taken back",
  },
};

/** Which of them a rollout can take. */
const OFFERED: Readonly<Record<Rollout["state"], readonly Verb[]>> = {
  waiting: ["approve", "hurry", "abort"],
  running: ["pause", "hurry", "abort"],
  paused: ["resume", "hurry", "abort"],
  failed: ["resume", "hurry", "abort"],
  done: [],
  aborted: [],
};

export function Steer({ rollout, done }: { rollout: Rollout; done: () => void }) {
  const [asked, setAsked] = useState<Verb | undefined>(undefined);
  const { namespace, channel } = rollout;
  const offered = OFFERED[rollout.state].filter((verb) =>
    verb === "approve"
      ? may(verb, namespace) && rollout.startedBy?.by !== whoami.value?.accessor
      : may("rollout", namespace) && (verb !== "hurry" || may("override", namespace)),
  );
  const act = async (verb: Verb, reason: string) => {
    const path = `/v1/admin/rollouts/${part(namespace)}/${part(channel)}/${verb}`;
    const why = verb === "hurry" ? { override: reason } : reason === "" ? {} : { message: reason };
    // What it approves makes it one and the same, however often it is sent.
    if (verb === "approve")
      await server.json({ method: "POST", path, query: why, json: { revision: rollout.revision } });
    else await send("POST", path, { query: why });
    notify(WORDS[verb].done);
    done();
  };
  return (
    <>
      {offered.map((verb) => (
        <button
          type="button"
          key={verb}
          class={verb === "abort" ? "danger" : ""}
          onClick={() => setAsked(verb)}
        >
          {WORDS[verb].button} …
        </button>
      ))}
      {asked !== undefined && (
        <Confirm
          title={`${WORDS[asked].button} ${namespace}/${channel}`}
          text={WORDS[asked].text(rollout)}
          action={WORDS[asked].button}
          reason={{ label: "Why (kept with the commit)", required: asked === "hurry" }}
          act={(reason) => act(asked, reason)}
          close={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
