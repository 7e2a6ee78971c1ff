/** Deleting a document: the plan first, in which a second yes deletes it, or puts that among the changes. */
import type { ComponentType } from "preact";
import { useState } from "preact/hooks";
import { notify } from "../../app/notices.tsx";
import type { Stored } from "../../app/store.ts";
import type { DeleteDialogProps } from "../../changes/delete-dialog.tsx";

interface Props {
  readonly namespace: string;
  readonly docKey: string;
  readonly stored: Stored;
}

export function DeleteButton({ namespace, docKey, stored }: Props) {
  const [Loaded, setLoaded] = useState<ComponentType<DeleteDialogProps>>();
  const open = () =>
    import("../../changes/delete-dialog.tsx").then(
      ({ DeleteDialog }) => setLoaded(() => DeleteDialog),
      (error: unknown) => notify(String(error)),
    );
  return (
    <>
      <button type="button" class="danger" onClick={open}>
        Delete
      </button>
      {Loaded !== undefined && (
        <Loaded namespace={namespace} docKey={docKey} stored={stored} close={() => setLoaded(undefined)} />
      )}
    </>
  );
}
