/** Tokens: the secret is made in this browser and shown once; only its digest is sent. */
import { useState } from "preact/hooks";
import type { Token, TokensPage } from "../../../../lib/api/admin-answers.ts";
import { formatToken, newToken, secretDigest } from "../../../../lib/core/token.ts";
import { notify } from "../../app/notices.tsx";
import { part, server } from "../../app/server.ts";
import { whoami } from "../../app/session.ts";
import { isOpen, moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Command } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { useNarrow } from "../../parts/narrow.tsx";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { MakeToken } from "./make-token.tsx";

type Asked = { readonly kind: "revoke" | "rotate"; readonly token: Token } | { readonly kind: "make" };

export function TokenSettings() {
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const [gone, setGone] = useState(false);
  const { content, error, again } = useLoad(
    (signal) => pages<TokensPage>("/v1/admin/tokens", { limit: 1000 }, signal),
    [moves.value],
    "tokens",
  );
  const all = content?.flatMap(({ tokens }) => tokens) ?? [];
  const shown = all.filter(({ revoked }) => gone || revoked === undefined);
  const { shown: rows, field } = useNarrow(shown, ({ name, accessor }) => `${name} ${accessor}`);
  return (
    <section class="part">
      <div class="spread">
        <button type="button" class="main" disabled={!isOpen()} onClick={() => setAsked({ kind: "make" })}>
          Make a token …
        </button>
        <label class="check">
          <input type="checkbox" checked={gone} onChange={() => setGone(!gone)} /> revoked ones, too
        </label>
      </div>
      {field}
      <ErrorBox error={error} again={again} />
      {content === undefined ? (
        error === undefined && <Skeleton />
      ) : (
        <DataTable heads={["Token", "May", "Used", "Ends", "Change"]}>
          {rows.map((token) => (
            <Row key={token.accessor} token={token} ask={setAsked} />
          ))}
        </DataTable>
      )}
      {asked?.kind === "make" && (
        <MakeToken
          close={() => setAsked(undefined)}
          done={(made) => {
            setAsked(undefined);
            setSecret(made);
            again();
          }}
        />
      )}
      {asked?.kind === "revoke" && (
        <Confirm
          title={`Revoke ${shownName(asked.token.name)}`}
          text={
            asked.token.accessor === whoami.value?.accessor
              ? "This is the token that you are signed in with: you will be signed out, and it never works again."
              : "It ends at once and for ever. Tokens that it made live on."
          }
          action="Revoke"
          act={async () => {
            await server.ask({ method: "DELETE", path: `/v1/admin/tokens/${part(asked.token.accessor)}` });
            notify("The token is revoked");
            again();
          }}
          close={() => setAsked(undefined)}
        />
      )}
      {asked?.kind === "rotate" && (
        <Confirm
          title={`Rotate ${shownName(asked.token.name)}`}
          text="It gets another secret, which is shown once. The old one ends at once."
          action="Rotate"
          act={async () => {
            setSecret(await rotate(asked.token));
            again();
          }}
          close={() => setAsked(undefined)}
        />
      )}
      {secret !== undefined && (
        <Dialog title="The token, shown this once" close={() => setSecret(undefined)}>
          <Command text={secret} />
          <p class="soft">The server keeps a digest of it and cannot show it again.</p>
        </Dialog>
      )}
    </section>
  );
}

/** Random bytes of the browser's. */
function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function rotate({ accessor }: Token): Promise<string> {
  const { secret } = newToken(randomBytes);
  const digest = secretDigest(secret);
  await server.ask({ method: "POST", path: `/v1/admin/tokens/${part(accessor)}/rotate`, json: { digest } });
  return formatToken({ accessor, secret });
}

function Row({ token, ask }: { token: Token; ask: (asked: Asked) => void }) {
  const { accessor, name, grants, lastUsed, expires, revoked } = token;
  return (
    <tr>
      <td>
        {shownText(name)}
        <div class="soft small">
          <code>{accessor}</code>
        </div>
      </td>
      <td class="small">
        {grants.slice(0, 4).map((grant) => (
          <div key={JSON.stringify(grant)}>
            {grant.verbs.join(", ")} over {grant.namespace}
            {grant.scope && `/${shownName(grant.scope)}`}
          </div>
        ))}
        {grants.length > 4 && <div class="soft">and {grants.length - 4} more</div>}
      </td>
      <td class="nowrap">{lastUsed ?? <span class="soft">never</span>}</td>
      <td>
        {revoked !== undefined ? (
          <span class="tag bad">
            revoked <Moment at={revoked} />
          </span>
        ) : expires === undefined ? (
          <span class="soft">never</span>
        ) : (
          <Moment at={expires} />
        )}
      </td>
      <td class="nowrap">
        {revoked === undefined && isOpen() && (
          <>
            <button type="button" class="quiet" onClick={() => ask({ kind: "rotate", token })}>
              Rotate
            </button>
            <button type="button" class="quiet" onClick={() => ask({ kind: "revoke", token })}>
              Revoke
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
