/**
 * A list of any length, of which only the rows in sight are made. Rows have one height. `more` is called when the end comes
 * near. Arrow keys move, Home and End go to the ends; the browser's own focus is on one row at a time.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props<Item> {
  readonly items: readonly Item[];
  readonly rowHeight: number;
  readonly label: string;
  readonly row: (
    item: Item,
    at: number,
    focus: { tabIndex: number; "data-row": number },
  ) => ComponentChildren;
  readonly keyOf: (item: Item) => string;
  readonly more?: (() => void) | undefined;
}

const BEYOND = 12;

export function VirtualList<Item>({ items, rowHeight, label, row, keyOf, more }: Props<Item>) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [current, setCurrent] = useState(0);
  const look = () => {
    const element = box.current;
    if (element) setView({ top: element.scrollTop, height: element.clientHeight });
  };
  useEffect(() => {
    look();
    const watching = new ResizeObserver(look);
    if (box.current) watching.observe(box.current);
    return () => watching.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const end = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  useEffect(() => {
    if (more && end >= items.length - BEYOND) more();
  }, [end, items.length, more]);
  const focusRow = (to: number) => {
    const at = Math.max(0, Math.min(items.length - 1, to));
    setCurrent(at);
    const element = box.current;
    if (!element) return;
    const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
    look();
    requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-row="${at}"]`)?.focus());
  };
  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const to = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focusRow(to);
  };
  return (
    <nav class="list" aria-label={label}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the rows are links; the keys move between them */}
      <div class="list-box" ref={box} onScroll={look} onKeyDown={move}>
        <div style={{ height: `${items.length * rowHeight}px`, position: "relative" }}>
          {items.slice(first, end).map((item, offset) => {
            const at = first + offset;
            return (
              <div
                class="list-row"
                key={keyOf(item)}
                style={{ position: "absolute", top: `${at * rowHeight}px`, height: `${rowHeight}px` }}
              >
                {row(item, at, { tabIndex: at === current ? 0 : -1, "data-row": at })}
              </div>
            );
          })}
        </div>
      </div>
    </nav>
  );
}
