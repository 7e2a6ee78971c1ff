/** `--override`: why a change may break policies. */
import { Option } from "commander";

export function overrideOption(): Option {
  return new Option(
    "--override <reason>",
    "break policies that stand against it; the reason is kept with the commit",
  );
}

/** As a member of a body; JSON leaves out what is undefined. */
export function overrideMember(reason: string | undefined): {
  readonly override: { readonly reason: string } | undefined;
} {
  return { override: reason === undefined ? undefined : { reason } };
}
