/** SQLite's own code that is missing, or was made for another Node: what npm's install script should have done. */

/** What the binding's loader says of it; everything else that it throws is about the file. */
const SAID = /Could not locate the bindings file|NODE_MODULE_VERSION|ERR_DLOPEN_FAILED|invalid ELF header/;

/** The message is for a person: what is wrong, and what to type. */
export class NoBinding extends Error {
  constructor(cause: Error) {
    super(
      `SQLite is not there for Node ${process.version}: better-sqlite3 was installed without its install script, or for another Node.
Install Ledge again, and allow it:  npm install --global --allow-scripts=better-sqlite3 ./ledge-VERSION.tgz
In a clone:                         npm rebuild better-sqlite3`,
      { cause },
    );
    this.name = "NoBinding";
  }
}

/** Gives what opens a database; throws NoBinding in place of what the loader throws. */
export function withBinding<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error && SAID.test(`${error.message} ${"code" in error ? error.code : ""}`))
      throw new NoBinding(error);
    throw error;
  }
}
