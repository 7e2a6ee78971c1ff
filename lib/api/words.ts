/** Words that people read later, perhaps on a terminal: bounded, and without control characters. */
import * as z from "zod/mini";
import { NOT_PLAIN } from "../core/characters.ts";
import { isPlainText } from "../core/message.ts";

/** One line: a name. Up to `max` characters. */
export const line = (max: number) =>
  z.string().check(
    z.maxLength(max),
    z.refine((text) => !NOT_PLAIN.test(text), "no control characters"),
  );

/** A message: line ends and tabs are allowed. Up to `max` characters. */
export const words = (max: number) =>
  z.string().check(
    z.maxLength(max),
    z.refine((text) => isPlainText(text, 4 * max), "no control characters besides line ends and tabs"),
  );

/** Why something is done that rules forbid: a line, and not spaces alone. Up to 200 characters. */
export const reason = line(200).check(z.regex(/\S/));
