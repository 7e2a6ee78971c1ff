/**
 * What could be written at the cursor, in a list below it. Asked for while somebody writes a name or a text, or with Ctrl-Space.
 * The focus stays in the text; arrows choose, Enter or Tab takes, Escape closes. Made by hand, because the library for it
 * is a tenth of what the whole console may weigh.
 */
import { type Extension, Prec } from "@codemirror/state";
import { type EditorView, keymap, ViewPlugin, type ViewUpdate } from "@codemirror/view";

export interface Offer {
  readonly label: string;
  readonly about?: string | undefined;
  /** What is written in place of `from` to `to`, and where the cursor then stands in it. */
  readonly insert: string;
  readonly from: number;
  readonly to: number;
  readonly cursor: number;
}

export type CompletionSource = (text: string, at: number) => Promise<readonly Offer[]>;

const SHOWN = 50;

class Offers {
  readonly list = document.createElement("ul");
  readonly aloud = document.createElement("div");
  offers: readonly Offer[] = [];
  current = 0;
  /** Which question the list that comes belongs to. */
  asked = 0;

  constructor(
    readonly view: EditorView,
    readonly source: CompletionSource,
  ) {
    this.list.className = "offers";
    this.list.id = "offers";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Offers");
    this.list.hidden = true;
    this.list.onmousedown = (event) => {
      event.preventDefault();
      const at = event.target instanceof Element ? event.target.closest("li") : null;
      if (at !== null) this.take([...this.list.children].indexOf(at));
    };
    this.aloud.className = "aloud";
    this.aloud.setAttribute("role", "status");
    view.dom.append(this.list, this.aloud);
  }

  update({ docChanged, selectionSet, transactions }: ViewUpdate) {
    const typed = transactions.some(
      (one) => one.isUserEvent("input.type") || one.isUserEvent("delete.backward"),
    );
    if (docChanged && typed && this.wants()) void this.ask();
    else if (docChanged || selectionSet) this.close();
  }

  /** Behind a letter, a quotation mark or a colon; while one deletes only where the list is there already. */
  wants(): boolean {
    const { head } = this.view.state.selection.main;
    return /["\w$.-]$|:\s?$/.test(this.view.state.sliceDoc(Math.max(0, head - 2), head));
  }

  async ask() {
    this.asked += 1;
    const mine = this.asked;
    const { state } = this.view;
    const found = await this.source(state.sliceDoc(), state.selection.main.head);
    if (mine !== this.asked || this.view.state.doc !== state.doc) return;
    this.offers = found.slice(0, SHOWN);
    this.current = 0;
    if (this.offers.length === 0) this.close();
    else this.show();
  }

  show() {
    const at = this.view.coordsAtPos(this.view.state.selection.main.head);
    const box = this.view.dom.getBoundingClientRect();
    if (at === null) return this.close();
    this.list.replaceChildren(...this.offers.map((offer, nth) => itemOf(offer, nth)));
    this.list.hidden = false;
    const below = at.bottom - box.top;
    // Above the line, where there is no room below it.
    const room = box.bottom - at.bottom;
    const up = room < this.list.offsetHeight && at.top - box.top > room;
    this.list.style.top = `${up ? at.top - box.top - this.list.offsetHeight : below}px`;
    this.list.style.left = `${Math.max(0, Math.min(at.left - box.left, box.width - this.list.offsetWidth - 8))}px`;
    this.view.contentDOM.setAttribute("aria-controls", "offers");
    this.choose(0);
    this.aloud.textContent = `${this.offers.length} offered`;
  }

  get open(): boolean {
    return !this.list.hidden;
  }

  choose(at: number): boolean {
    if (!this.open) return false;
    this.current = (at + this.offers.length) % this.offers.length;
    for (const [nth, item] of [...this.list.children].entries())
      item.setAttribute("aria-selected", String(nth === this.current));
    this.list.children[this.current]?.scrollIntoView({ block: "nearest" });
    this.view.contentDOM.setAttribute("aria-activedescendant", `offer-${this.current}`);
    return true;
  }

  take(at: number): boolean {
    const offer = this.open ? this.offers[at] : undefined;
    if (offer === undefined) return false;
    this.close();
    const { insert, from, to, cursor } = offer;
    this.view.dispatch({
      changes: { from, to, insert },
      selection: { anchor: from + cursor },
      userEvent: "input.complete",
      scrollIntoView: true,
    });
    this.view.focus();
    // Behind a name comes its value, which may be one of a few.
    if (insert.slice(0, cursor).endsWith(": ")) void this.ask();
    return true;
  }

  close(): boolean {
    this.asked += 1;
    if (!this.open) return false;
    this.list.hidden = true;
    this.view.contentDOM.removeAttribute("aria-activedescendant");
    this.view.contentDOM.removeAttribute("aria-controls");
    return true;
  }

  destroy() {
    this.list.remove();
    this.aloud.remove();
  }
}

function itemOf({ label, about }: Offer, nth: number): HTMLLIElement {
  const item = document.createElement("li");
  item.id = `offer-${nth}`;
  item.setAttribute("role", "option");
  item.textContent = label;
  if (about !== undefined && about !== "") {
    const small = document.createElement("small");
    small.textContent = about.slice(0, 200);
    item.append(small);
  }
  return item;
}

export function completing(source: CompletionSource): Extension {
  const plugin = ViewPlugin.define((view) => new Offers(view, source), {
    eventHandlers: {
      blur() {
        this.close();
      },
    },
  });
  const on = (run: (offers: Offers) => boolean) => (view: EditorView) => {
    const offers = view.plugin(plugin);
    return offers !== null && run(offers);
  };
  return [
    plugin,
    Prec.high(
      keymap.of([
        {
          key: "Ctrl-Space",
          run: on((offers) => {
            void offers.ask();
            return true;
          }),
        },
        { key: "ArrowDown", run: on((offers) => offers.choose(offers.current + 1)) },
        { key: "ArrowUp", run: on((offers) => offers.choose(offers.current - 1)) },
        { key: "Enter", run: on((offers) => offers.take(offers.current)) },
        { key: "Tab", run: on((offers) => offers.take(offers.current)) },
        { key: "Escape", run: on((offers) => offers.close()), stopPropagation: true },
      ]),
    ),
  ];
}
