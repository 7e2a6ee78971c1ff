/** Signing in: a token is pasted, or a link with a one-time code brings one. */
import { useState } from "preact/hooks";
import { Command } from "../parts/copy.tsx";
import { ErrorBox } from "../parts/failure.tsx";
import { signIn, signInTrouble } from "./session.ts";

export function SignIn() {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await signIn(token);
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <h1>Ledge</h1>
      <p>Configuration in one file, with its whole history. Sign in with a token of this server.</p>
      <form onSubmit={submit}>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          placeholder="ldg_…"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit" class="main" disabled={busy}>
          Sign in
        </button>
      </form>
      <ErrorBox error={signInTrouble.value} />
      {!isSecureContext && (
        <p class="failure">
          This page came without TLS from another machine, so the browser does not say where its requests come
          from, and no session is accepted. Open it over https, or through a tunnel as http://localhost.
        </p>
      )}
      <p class="soft">On the machine of the server this prints a link that signs you in:</p>
      <Command text="ledge open" />
      <p class="soft">
        The token stays in a cookie that no script can read, for 12 hours.{" "}
        <a href="/openapi.json">API description</a>
      </p>
    </main>
  );
}
