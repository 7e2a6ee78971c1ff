/** A rollout to begin: where to, and by which steps, written as the command takes them. */
import { useState } from "preact/hooks";
import type { Channel, Rollout } from "../../../../lib/api/rollout-bodies.ts";
import { notify } from "../../app/notices.tsx";
import { part, send } from "../../app/server.ts";
import { may } from "../../app/session.ts";
import { head } from "../../app/standing.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { FormActions, MessageField, TextField } from "../../parts/form.tsx";
import { stepsOfLines } from "./steps.ts";

interface Props {
  readonly pointer: Channel;
  /** The one before, whose place it takes. */
  readonly rollout: Rollout | undefined;
  readonly close: () => void;
  readonly done: () => void;
}

const FIRST = "ring=canary 10m\n10% 10m\n100% 10m";

export function StartRollout({ pointer, rollout, close, done }: Props) {
  const [to, setTo] = useState(String(head.value));
  const [lines, setLines] = useState(FIRST);
  const [onFailure, setOnFailure] = useState<"stop" | "back">("stop");
  const [message, setMessage] = useState("");
  const [override, setOverride] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const start = async (event: Event) => {
    event.preventDefault();
    try {
      const { namespace, channel, revision } = pointer;
      const json = { from: revision, to: Number(to), steps: stepsOfLines(lines), onFailure };
      await send("PUT", `/v1/admin/rollouts/${part(namespace)}/${part(channel)}`, {
        json,
        query: { message: message || undefined, override: override || undefined },
        headers: rollout === undefined ? { "if-none-match": "*" } : { "if-match": rollout.etag },
      });
      notify("The rollout has begun");
      done();
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Dialog title={`Move ${pointer.namespace}/${pointer.channel}`} close={close}>
      <form onSubmit={start}>
        <p class="soft">It points at revision {pointer.revision} now.</p>
        <TextField label="To revision" type="number" min={1} required value={to} set={setTo} />
        <label class="field">
          Steps, one a line: labels or a share, and how long it bakes
          <textarea
            class="mono"
            rows={4}
            required
            value={lines}
            onInput={(event) => setLines(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          When a step fails
          <select
            value={onFailure}
            onChange={(event) => setOnFailure(event.currentTarget.value === "back" ? "back" : "stop")}
          >
            <option value="stop">stop where it is</option>
            <option value="back">take every edge back</option>
          </select>
        </label>
        <MessageField value={message} set={setMessage} />
        {may("override", pointer.namespace) && (
          <TextField
            label="Why policies may be broken, only where they stand in the way"
            maxLength={200}
            value={override}
            set={setOverride}
          />
        )}
        <ErrorBox error={error} />
        <FormActions action="Start" close={close} />
      </form>
    </Dialog>
  );
}
