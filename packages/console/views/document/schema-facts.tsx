/** What the schema of the document says about it, in its own words. */
import { isObject, type Members } from "../../../../lib/core/json-object.ts";
import { readSchemaFor } from "../../app/store.ts";
import { useLoad } from "../../parts/load.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";

export function SchemaFacts({ namespace, docKey }: { namespace: string; docKey: string }) {
  const { content } = useLoad(
    (signal) => readSchemaFor(namespace, docKey, signal),
    [namespace, docKey],
    `${namespace}/${docKey}`,
  );
  if (content === undefined) return null;
  const { title, description, members } = describe(content.schema);
  return (
    <section class="part">
      <h2>Schema{content.scope && ` of ${shownName(content.scope)}`}</h2>
      {(title ?? description) && <p>{shownText([title, description].filter(Boolean).join(": "))}</p>}
      <dl class="members">
        {members.slice(0, 30).map(({ name, about }) => (
          <div key={name}>
            <dt>
              <code>{shownName(name)}</code>
            </dt>
            <dd>{shownText(about)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A schema is a document of somebody's: nothing in it has to be of the form that one would think. */
function describe(schema: unknown) {
  const root = objectOf(schema);
  const required = Array.isArray(root.required) ? root.required : [];
  const members = Object.entries(objectOf(root.properties)).map(([name, value]) => {
    const one = objectOf(value);
    const words = [
      typeof one.type === "string" ? one.type : undefined,
      required.includes(name) ? "required" : undefined,
      typeof one.description === "string" ? one.description : undefined,
    ];
    return { name, about: words.filter(Boolean).join(", ") };
  });
  return { title: textIn(root.title), description: textIn(root.description), members };
}

function objectOf(value: unknown): Members {
  return isObject(value) ? value : {};
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
