/** `--render`: files made of what the agent serves, and made again with each move. What fails is logged, and the file stays. */
import { thrownText } from "../../lib/core/thrown.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Documents } from "../cli/templates/engine.ts";
import { RenderedFile } from "../cli/templates/rendered-file.ts";
import type { Rendering } from "./options.ts";

interface RenderingsOptions {
  readonly agent: Agent;
  readonly wanted: readonly Rendering[];
  readonly log: (text: string) => void;
}

export interface Renderings {
  /** What has a state now. Throws Failure for the first that cannot be rendered. */
  first(): Promise<void>;
  stop(): void;
}

/** Reads the templates. Throws Failure. */
export function openRenderings({ agent, wanted, log }: RenderingsOptions): Renderings {
  const files = wanted.map((one) => ({ namespace: one.namespace, file: new RenderedFile(one) }));
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: a command may take longer than the next move.
  const queue = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const render = async (namespace: string): Promise<void> => {
    if (agent.lanes.get(namespace)?.replica === undefined) return;
    for (const one of files)
      if (one.namespace === namespace) await one.file.render(stateOf(agent, namespace));
  };
  const stop = agent.onMove(({ namespace }) => {
    queue(() => render(namespace)).catch((error: unknown) => log(`${namespace}: ${thrownText(error)}`));
  });
  return {
    async first() {
      for (const namespace of new Set(files.map((one) => one.namespace)))
        await queue(() => render(namespace));
    },
    stop,
  };
}

function stateOf(agent: Agent, namespace: string): Documents {
  return {
    namespace,
    document: (key) => agent.document(namespace, key),
    keys: (prefix) => agent.keys(namespace, prefix),
  };
}
