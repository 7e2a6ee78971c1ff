/** A token to make: its name, what it may do, and until when. */
import { useState } from "preact/hooks";
import { type Grant, VERBS, type Verb } from "../../../../lib/core/grant.ts";
import { formatToken, newToken, secretDigest } from "../../../../lib/core/token.ts";
import { post } from "../../app/server.ts";
import { readNamespaces } from "../../app/store.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { FormActions, TextField } from "../../parts/form.tsx";
import { useLoad } from "../../parts/load.ts";

const FIRST: Grant = { verbs: ["read"], namespace: "", scope: "" };

export function MakeToken({ close, done }: { close: () => void; done: (token: string) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [grants, setGrants] = useState<readonly Grant[]>([FIRST]);
  const [error, setError] = useState<unknown>(undefined);
  const names = useLoad(readNamespaces, [], "namespaces");
  const set = (at: number, next: Partial<Grant>) =>
    setGrants(grants.map((grant, index) => (index === at ? { ...grant, ...next } : grant)));
  const make = async (event: Event) => {
    event.preventDefault();
    const token = newToken((length) => crypto.getRandomValues(new Uint8Array(length)));
    const expires =
      days === "" ? {} : { expires: new Date(Date.now() + Number(days) * 86_400_000).toISOString() };
    const body = { name, accessor: token.accessor, digest: secretDigest(token.secret), grants, ...expires };
    try {
      await post("/v1/admin/tokens", body);
      done(formatToken(token));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <Dialog title="Make a token" close={close}>
      <form onSubmit={make}>
        <TextField label="Who or what will use it" required maxLength={200} value={name} set={setName} />
        {grants.map((grant, at) => (
          <fieldset key={at}>
            <legend>May</legend>
            <div class="verbs">
              {VERBS.map((verb) => (
                <label class="check" key={verb}>
                  <input
                    type="checkbox"
                    checked={grant.verbs.includes(verb)}
                    onChange={() => set(at, { verbs: toggled(grant.verbs, verb) })}
                  />{" "}
                  {verb}
                </label>
              ))}
            </div>
            <label class="field">
              over
              <select
                required
                value={grant.namespace}
                onChange={(event) => set(at, { namespace: event.currentTarget.value })}
              >
                <option value="">choose a namespace</option>
                <option value="*">* (all of them)</option>
                {names.content?.map((one) => (
                  <option key={one.name}>{one.name}</option>
                ))}
              </select>
            </label>
            <label class="field">
              Scope: one key, or a prefix that ends in /; empty for all
              <input value={grant.scope} onInput={(event) => set(at, { scope: event.currentTarget.value })} />
            </label>
          </fieldset>
        ))}
        <button type="button" class="quiet" onClick={() => setGrants([...grants, FIRST])}>
          Another grant
        </button>
        <TextField
          label="Ends after days (empty: never)"
          type="number"
          min={1}
          max={36_500}
          value={days}
          set={setDays}
        />
        <ErrorBox error={error} />
        <FormActions
          action="Make it"
          disabled={grants.some(({ verbs }) => verbs.length === 0)}
          close={close}
        />
      </form>
    </Dialog>
  );
}

function toggled(verbs: readonly Verb[], verb: Verb): Verb[] {
  return verbs.includes(verb) ? verbs.filter((one) => one !== verb) : [...verbs, verb];
}
