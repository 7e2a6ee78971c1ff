/** How something goes on that nobody knows the end of, on standard error: on a terminal one line, elsewhere a line for each change. */
import type { spinner } from "@clack/prompts";
import { escapeControl, say } from "../output.ts";

export interface GoingOn {
  show(text: string): void;
  end(): void;
}

export function showGoingOn(): GoingOn {
  return process.stderr.isTTY === true ? onTerminal() : inLines();
}

function onTerminal(): GoingOn {
  let shown: ReturnType<typeof spinner> | undefined;
  let make: typeof spinner | undefined;
  void import("@clack/prompts").then((prompts) => {
    make = prompts.spinner;
  });
  return {
    show(text) {
      const line = escapeControl(text);
      if (shown !== undefined) shown.message(line);
      else if (make !== undefined) {
        shown = make({ output: process.stderr, withGuide: false });
        shown.start(line);
      }
    },
    end: () => shown?.clear(),
  };
}

function inLines(): GoingOn {
  let last = "";
  return {
    show(text) {
      // What counts down is no change.
      const told = text.replace(/\d+ s more/, "");
      if (told !== last) say(escapeControl(text));
      last = told;
    },
    end: () => {},
  };
}
