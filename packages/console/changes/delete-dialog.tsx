/** The plan of deleting one document. */
import { notify } from "../app/notices.tsx";
import { folderHref, go } from "../app/router.ts";
import type { Stored } from "../app/store.ts";
import { keepDraft } from "./drafts.ts";
import { PlanDialog } from "./plan-dialog.tsx";
import { workOf } from "./work.ts";

export interface DeleteDialogProps {
  readonly namespace: string;
  readonly docKey: string;
  readonly stored: Stored;
  readonly close: () => void;
}

export function DeleteDialog({ namespace, docKey, stored, close }: DeleteDialogProps) {
  const { revision, mediaType } = stored;
  const work = workOf([{ op: "delete", namespace, key: docKey, ifRevision: revision, before: stored }]);
  const keep = () => {
    const kept = keepDraft({
      op: "delete",
      namespace,
      key: docKey,
      base: revision,
      mediaType,
      text: "",
      form: {},
      saved: new Date().toISOString(),
    });
    notify(kept ? "It is among the changes that are not saved yet." : "This browser has no room for drafts.");
    close();
  };
  const leave = () => go(folderHref(namespace, docKey.slice(0, docKey.lastIndexOf("/") + 1)));
  return (
    <PlanDialog
      work={work}
      close={close}
      done={() => {
        close();
        leave();
      }}
      saveWords="Delete it"
      instead={{ words: "Add to the changes", run: keep }}
    />
  );
}
