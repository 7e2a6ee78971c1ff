/** Why a start ends before it has begun anything, in words for a person. */
import { NoBinding } from "../../lib/store/sqlite/no-binding.ts";

/** The message is all that is shown: what is wrong, and what to do. */
export class Stopped extends Error {}

/** What was typed can never start, whatever is mended elsewhere. */
export class WrongUse extends Stopped {}

/** What a failed system call means to whoever started us; undefined for what only a programmer can read. */
export function troubleOf(error: unknown): string | undefined {
  if (error instanceof NoBinding) return error.message;
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { path, syscall, address, hostname, port } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly hostname?: string;
    readonly port?: number;
  };
  switch (error.code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      // Of a socket without a folder Node says this, too.
      if (address !== undefined && (port ?? -1) < 0)
        return `The socket ${address} cannot be made: its folder is not there, or is not for this user.`;
      return path === undefined
        ? `Port ${port} is not for this user. Choose one from 1024 on with --port.`
        : `${path} cannot be written. Give this user the folder, or name another with --data.`;
    case "ENOENT":
      // A file system in which nothing can be made (/proc) says this of the first file, too (owner.ts).
      return syscall === "mkdir" || (syscall === "open" && path?.endsWith(".owner"))
        ? `${path} cannot be made. Name another folder with --data.`
        : undefined;
    case "ENOTDIR":
    case "EEXIST":
      return `${path} is no folder. Name another with --data.`;
    case "ENOSPC":
      return `There is no space left for ${path ?? "the data folder"}. Free some and start again.`;
    case "EADDRNOTAVAIL":
      return `This machine has no address ${address}. Name one of its own with --listen HOST:PORT.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `Nobody knows the name ${hostname}. Name an address of this machine with --listen HOST:PORT.`;
    default:
      return undefined;
  }
}
