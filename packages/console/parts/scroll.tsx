/** Text in a box of its own, which keys can scroll, too. */
import type { ComponentChildren } from "preact";

export function Scroll({
  label,
  of = "code",
  children,
}: {
  label: string;
  /** The box's class. */
  of?: string;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it
    <section class={of} aria-label={label} tabIndex={0}>
      <pre>{children}</pre>
    </section>
  );
}
