/** How much of something is done, as a bar and in words. */
export function Bar({
  part,
  whole,
  label,
  bad = 0,
}: {
  part: number;
  whole: number;
  label: string;
  bad?: number;
}) {
  const share = (value: number) => (whole === 0 ? 0 : Math.min(100, (100 * value) / whole));
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={whole}
      aria-valuenow={part}
    >
      <span class="bar-part" style={{ width: `${share(part)}%` }} />
      <span class="bar-bad" style={{ width: `${share(bad)}%` }} />
    </div>
  );
}
