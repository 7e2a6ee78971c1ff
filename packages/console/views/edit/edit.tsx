/** The editor's view: a new document's name and type first, or the document and its draft, if there is one. */
import { isNamespaceName } from "../../../../lib/core/namespace.ts";
import { keyOf, route } from "../../app/router.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { NewDocument } from "./new-document.tsx";
import { openForEditing } from "./opened.ts";
import { Workbench } from "./workbench.tsx";

export function Edit() {
  const { parts, query } = route.value;
  const [namespace = ""] = parts;
  const key = keyOf(parts);
  const type = query.get("type") ?? undefined;
  if (query.has("new") && type === undefined) return <NewDocument namespace={namespace} prefix={key} />;
  return <Opened key={`${namespace}/${key}`} namespace={namespace} docKey={key} type={type} />;
}

function Opened({
  namespace,
  docKey,
  type,
}: {
  namespace: string;
  docKey: string;
  type: string | undefined;
}) {
  const { content, error, again } = useLoad(
    (signal) => openForEditing({ namespace, key: docKey, type, signal }),
    [],
    "edit",
  );
  if (!isNamespaceName(namespace))
    return <p class="soft">Documents of Ledge itself are changed in the settings.</p>;
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton lines={14} />;
  return <Workbench namespace={namespace} docKey={docKey} opened={content} />;
}
