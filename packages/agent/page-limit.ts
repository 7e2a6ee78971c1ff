/**
 * How many items a source is asked for at once: about as many as its link carries in some seconds. So a page that is cut costs
 * seconds, and what came before it stays, on a link of any width.
 */
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";

/** What a page may take. */
const PAGE_MS = 10_000;
const GROWS = 2;
const SHRINKS = 4;

export class PageLimit {
  #items: number = PAGE_LIMITS.items;

  get items(): number {
    return this.#items;
  }

  /** A page has come, and its bytes took so long. */
  came(ms: number): void {
    const fitting = Math.floor((this.#items * PAGE_MS) / Math.max(1, ms));
    this.#items = Math.max(1, Math.min(fitting, this.#items * GROWS, PAGE_LIMITS.items));
  }

  /** A page broke off on its way. */
  broke(): void {
    this.#items = Math.max(1, Math.floor(this.#items / SHRINKS));
  }
}
