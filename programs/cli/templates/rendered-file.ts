/**
 * A file that is made of a template. Promise: whoever reads it has one whole rendering, the last good one; it keeps its mode,
 * and the command runs only when its text has changed.
 */
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { resolve } from "node:path";
import { thrownText } from "../../../lib/core/thrown.ts";
import { EXIT, Failure } from "../failure.ts";
import { type Documents, parseTemplate, type Template } from "./engine.ts";
import type { Demanded } from "./wanted.ts";

export class RenderedFile {
  readonly #out: string;
  readonly #template: Template;
  readonly #command: string | undefined;

  /** Reads the template. Throws Failure. */
  constructor({ template, out, command }: Demanded) {
    let text: string;
    try {
      text = readFileSync(template, "utf8");
    } catch (cause) {
      throw new Failure(EXIT.usage, `the template ${template} cannot be read: ${thrownText(cause)}`, {
        cause,
      });
    }
    this.#template = parseTemplate(template, text);
    this.#out = existsSync(out) ? realpathSync(out) : resolve(out);
    this.#command = command;
  }

  /** Whether the file is another one now. Throws Failure, and leaves the file as it is then. */
  async render(documents: Documents): Promise<boolean> {
    const text = this.#template.render(documents);
    if (existsSync(this.#out) && readFileSync(this.#out, "utf8") === text) return false;
    try {
      this.#replace(text);
    } catch (cause) {
      throw new Failure(EXIT.fault, `${this.#out} cannot be written: ${thrownText(cause)}`, { cause });
    }
    if (this.#command !== undefined) await run(this.#command, this.#out);
    return true;
  }

  #replace(text: string): void {
    const beside = `${this.#out}.${process.pid}.new`;
    const file = openSync(beside, "w");
    try {
      if (existsSync(this.#out)) fchmodSync(file, statSync(this.#out).mode & 0o7777);
      writeSync(file, text);
      fsyncSync(file);
      renameSync(beside, this.#out);
    } finally {
      closeSync(file);
      rmSync(beside, { force: true });
    }
  }
}

/** Resolves when the command has ended well. */
async function run(command: string, file: string): Promise<void> {
  const env = { ...process.env, LEDGE_FILE: file };
  const child = spawn(command, { shell: true, stdio: ["ignore", "inherit", "inherit"], env });
  const ended = await new Promise<string>((told) => {
    child.once("error", ({ message }) => told(message));
    child.once("close", (code, signal) => told(signal ?? String(code)));
  });
  if (ended !== "0")
    throw new Failure(EXIT.fault, `${file} was written, and its command ended with ${ended}`, {
      code: "command_failed",
    });
}
