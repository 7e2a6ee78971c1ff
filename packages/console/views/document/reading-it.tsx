/** How a program reads the document: each way a text to copy, with the token left out. */
import { useState } from "preact/hooks";
import { Copy } from "../../parts/copy.tsx";
import { Scroll } from "../../parts/scroll.tsx";

const shell = (text: string) => (/^[\w./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function ReadingIt({
  namespace,
  docKey,
  at,
}: {
  namespace: string;
  docKey: string;
  at: number | undefined;
}) {
  const ways = waysOf({ namespace, docKey, at });
  const [way, setWay] = useState("command");
  const text = ways[way] ?? "";
  return (
    <section class="part">
      <h2 id="reading">Read it elsewhere</h2>
      <div class="spread">
        <div class="tabs" role="tablist" aria-labelledby="reading">
          {Object.keys(ways).map((name) => (
            <button
              type="button"
              role="tab"
              key={name}
              aria-selected={name === way}
              aria-controls="reading-text"
              onClick={() => setWay(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <Copy text={text} />
      </div>
      <div id="reading-text" role="tabpanel">
        <Scroll label={way}>{text}</Scroll>
      </div>
    </section>
  );
}

function waysOf({ namespace, docKey, at }: { namespace: string; docKey: string; at: number | undefined }) {
  const query = new URLSearchParams({ key: docKey, ...(at === undefined ? {} : { revision: String(at) }) });
  const revision = at === undefined ? "" : ` --revision ${at}`;
  const ways: Record<string, string> = {
    command: `ledge get ${shell(`${namespace}/${docKey}`)}${revision}`,
    curl: `curl -H "Authorization: Bearer $LEDGE_TOKEN" \\\n  ${shell(`${location.origin}/v1/read/${namespace}?${query}`)}`,
    TypeScript: [
      `const config = openConfig({ url: ${JSON.stringify(location.origin)}, token, namespace: ${JSON.stringify(namespace)} });`,
      `const value = await config.get(${JSON.stringify(docKey)});`,
    ].join("\n"),
  };
  return ways;
}
