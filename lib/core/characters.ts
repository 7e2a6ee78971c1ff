/**
 * Characters that no name and no line of text may hold. Written out as ranges, because StarlingMonkey's regular
 * expressions know no `\p{…}`.
 */

/** Control characters (general category Cc). */
const CONTROL = "\\u0000-\\u001f\\u007f-\\u009f";
/** Halves of surrogate pairs that stand alone: they have no UTF-8. */
const SURROGATE = "\\ud800-\\udfff";
/** The 66 code points that Unicode promises never to use. */
const NONCHARACTER = `\\ufdd0-\\ufdef${Array.from({ length: 17 }, (_, plane) => `\\u{${plane.toString(16)}fffe}\\u{${plane.toString(16)}ffff}`).join("")}`;

export const LONE_SURROGATE = new RegExp(`[${SURROGATE}]`, "u");
export const NOT_PLAIN = new RegExp(`[${CONTROL}${SURROGATE}]`, "u");
export const NOT_IN_KEYS = new RegExp(`[${CONTROL}${SURROGATE}${NONCHARACTER}]`, "u");
