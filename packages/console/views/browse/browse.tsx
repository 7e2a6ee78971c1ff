/** Namespaces, folders and documents: the list on one side, what is chosen on the other. */
import { keyOf, route } from "../../app/router.ts";
import { DocumentPage } from "../document/document.tsx";
import { FolderList } from "./folder.tsx";
import { NamespaceCard } from "./namespace-card.tsx";
import { Namespaces } from "./namespaces.tsx";

export function Browse() {
  const { view, parts, query } = route.value;
  const [namespace = ""] = parts;
  const at = Number(query.get("at")) || undefined;
  if (view === "" || namespace === "") return <Namespaces />;
  const key = keyOf(parts);
  const isDocument = view === "doc";
  const prefix = isDocument ? key.slice(0, key.lastIndexOf("/") + 1) : key;
  return (
    <div class={isDocument ? "browse with-document" : "browse"}>
      <FolderList namespace={namespace} prefix={prefix} at={at} current={isDocument ? key : undefined} />
      {isDocument ? (
        <DocumentPage key={`${namespace}/${key}`} namespace={namespace} docKey={key} at={at} />
      ) : (
        <NamespaceCard namespace={namespace} prefix={prefix} at={at} />
      )}
    </div>
  );
}
