/** Stands in for `@vscode/l10n` in the worker that judges by schemas: English, with what goes into the gaps. */
export function t(message: string, ...gaps: readonly unknown[]): string {
  return message.replace(/\{(\d+)\}/g, (gap, nth) => String(gaps[Number(nth)] ?? gap));
}
