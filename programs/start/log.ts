/**
 * What a server says while it runs: one event a line, readable on a terminal, JSON elsewhere. Promise: what components
 * log keeps its fields; whatever else they write becomes an event too, so that every line has one form.
 */

import color from "picocolors";
import pino, { type Level, type Logger } from "pino";
import type { HostLine } from "../host/options.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export interface LogOptions {
  readonly format: "text" | "json";
  readonly level: (typeof LOG_LEVELS)[number];
  readonly colour: boolean;
}

export interface Log {
  /** What a component wrote. */
  line(line: HostLine): void;
  /** Our own. */
  event(level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** `write` gets whole lines. */
export function openLog({ format, level, colour }: LogOptions, write: (line: string) => void): Log {
  const form = format === "text" ? readable(colour) : (line: string) => line;
  const logger = pino(
    {
      level,
      base: null,
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(form(line)) },
  );
  return {
    line({ component, text }) {
      for (const one of text.split("\n")) if (one.trim() !== "") tell(logger, component, one);
    },
    event: (at, event, fields = {}) => logger[at](fields, event),
  };
}

/** Time, level where it is more than news, what happened, and the numbers. */
function readable(colour: boolean): (line: string) => string {
  const paint = color.createColors(colour);
  return (line) => {
    const { time, level, event, ...fields }: Record<string, string> = JSON.parse(line);
    const clock = paint.dim(new Date(time ?? "").toTimeString().slice(0, 8));
    const grave = level === "error" ? paint.red("ERROR ") : level === "warn" ? paint.yellow("WARN ") : "";
    const facts = Object.entries(fields).map(([name, value]) => `  ${paint.dim(`${name}=`)}${shown(value)}`);
    return `${clock} ${grave}${event}${facts.join("")}\n`;
  };
}

/** Quoted where it is more than a word. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** A component's line: an event of its `World.log`, or words. */
function tell(logger: Logger, component: string, text: string): void {
  const said = eventOf(text);
  if (said === undefined) {
    logger.warn({ component, text }, "said");
    return;
  }
  const { event, atMs: _atMs, ...fields } = said;
  logger[levelOf(event)]({ component, ...fields }, event);
}

/** By the last word of the event, which is in the past tense. */
function levelOf(event: string): Level {
  if (event.endsWith(".failed")) return "error";
  return /\.(refused|stopped|not_\w+)$/.test(event) ? "warn" : "info";
}

function eventOf(text: string): ({ event: string } & Record<string, unknown>) | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null && "event" in said && typeof said.event === "string"
      ? { ...said, event: said.event }
      : undefined;
  } catch {
    // Words that begin like JSON.
    return undefined;
  }
}
