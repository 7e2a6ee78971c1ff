/** One field of a setting's form, with its unit and what it means. What is wrong with it stands below it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { isObject } from "../../../../lib/core/json-object.ts";
import { shownText } from "../../parts/shown-text.ts";
import type { FieldSpec } from "./setting.ts";

interface Props {
  readonly spec: FieldSpec;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly fault: string | undefined;
}

const UNITS = { bytes: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
type Unit = keyof typeof UNITS;

export function Field({ spec, value, set, fault }: Props) {
  const { pointer, label, help, kind } = spec;
  const id = `at${pointer.replaceAll("/", "-")}`;
  const about = { id, "aria-describedby": `${id}-help`, "aria-invalid": fault !== undefined };
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const controls: Record<FieldSpec["kind"], () => ComponentChildren> = {
    flag: () => (
      <input
        type="checkbox"
        {...about}
        checked={value === true}
        onChange={(event) => set(event.currentTarget.checked || undefined)}
      />
    ),
    text: () => (
      <textarea
        {...about}
        rows={2}
        maxLength={1000}
        value={text}
        onInput={(event) => set(event.currentTarget.value || undefined)}
      />
    ),
    count: () => <Count {...about} {...spec} value={text} set={set} />,
    bytes: () => <Bytes {...about} value={value} set={set} />,
    choice: () => (
      <select {...about} value={text} onChange={(event) => set(event.currentTarget.value || undefined)}>
        {"choices" in spec &&
          distinct(spec.choices, text).map(([words, name]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
      </select>
    ),
    spans: () => <Spans value={value} set={set} />,
  };
  return (
    <div class={`setting ${kind}`}>
      {kind === "spans" ? <h3>{label}</h3> : <label for={id}>{label}</label>}
      <div class="control">{controls[kind]()}</div>
      <p class="soft small" id={`${id}-help`}>
        {help}
        {fault !== undefined && <strong class="tone-bad"> {shownText(fault)}</strong>}
      </p>
    </div>
  );
}

/** Of names that mean the same the one that is there, else the first: a setting may say a default, or leave it out. */
function distinct(
  choices: Readonly<Record<string, string>>,
  chosen: string,
): [words: string, name: string][] {
  const names = new Map<string, string>();
  for (const [name, words] of Object.entries(choices))
    if (name === chosen || !names.has(words)) names.set(words, name);
  return [...names];
}

interface CountProps {
  readonly value: string;
  readonly set: (value: unknown) => void;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
}

const numberOf = (text: string) => (text === "" ? undefined : Number(text));

function Count({ value, set, unit, min = 0, max, ...about }: CountProps) {
  return (
    <>
      <input
        id={"id" in about ? String(about.id) : undefined}
        type="number"
        {...about}
        step={1}
        min={min}
        {...(max === undefined ? {} : { max })}
        value={value}
        onInput={(event) => set(numberOf(event.currentTarget.value))}
      />{" "}
      {unit}
    </>
  );
}

/** In the largest unit that leaves no rest, until another is chosen. */
function Bytes({ value, set, ...about }: { value: unknown; set: (value: unknown) => void }) {
  const [chosen, setChosen] = useState<Unit>();
  const bytes = typeof value === "number" ? value : undefined;
  const fits = (["GiB", "MiB", "KiB", "bytes"] as const).find(
    (unit) => bytes !== undefined && bytes > 0 && bytes % UNITS[unit] === 0,
  );
  const unit = chosen ?? fits ?? "MiB";
  const inUnit = (of: number | undefined, to: Unit) => (of === undefined ? undefined : of * UNITS[to]);
  const shown = bytes === undefined ? undefined : bytes / UNITS[unit];
  return (
    <>
      <Count
        {...about}
        value={shown === undefined ? "" : String(shown)}
        set={(next) => {
          setChosen(unit);
          set(inUnit(typeof next === "number" ? next : undefined, unit));
        }}
      />
      <select
        aria-label="Unit"
        value={unit}
        onChange={(event) => {
          const next = Object.keys(UNITS).find((one): one is Unit => one === event.currentTarget.value);
          setChosen(next);
          if (next !== undefined) set(inUnit(shown, next));
        }}
      >
        {Object.keys(UNITS).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </>
  );
}

/** Moments are written in the time of this browser, and kept in UTC. What is not touched stays as it was written. */
function Spans({ value, set }: { value: unknown; set: (value: unknown) => void }) {
  const spans = Array.isArray(value) ? value.filter(isObject) : [];
  const change = (nth: number, next: object | undefined) => {
    const all = spans.flatMap((one, at) =>
      at !== nth ? [one] : next === undefined ? [] : [{ ...one, ...next }],
    );
    set(all.length === 0 ? undefined : all);
  };
  const moment = (nth: number, name: "from" | "until", label: string) => (
    <label class="field">
      {label}
      <input
        type="datetime-local"
        required
        value={localOf(spans[nth]?.[name])}
        onInput={(event) => change(nth, { [name]: utcOf(event.currentTarget.value) })}
      />
    </label>
  );
  return (
    <>
      {spans.map((span, nth) => (
        <fieldset key={nth}>
          <legend class="small">Freeze {nth + 1}</legend>
          {moment(nth, "from", "From (your time)")}
          {moment(nth, "until", "Until right before (your time)")}
          <label class="field">
            Why
            <input
              required
              maxLength={200}
              value={typeof span.reason === "string" ? span.reason : ""}
              onInput={(event) => change(nth, { reason: event.currentTarget.value })}
            />
          </label>
          <button type="button" class="quiet" onClick={() => change(nth, undefined)}>
            Take it away
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={() => set([...spans, { from: "", until: "", reason: "" }])}>
        Add a freeze
      </button>
    </>
  );
}

function localOf(iso: unknown): string {
  const ms = typeof iso === "string" ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(ms)) return "";
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function utcOf(local: string): string {
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}
