/** Rows under their heads, in a box of its own that scrolls where the page is narrow. */
import type { ComponentChildren } from "preact";

interface Props {
  /** One with `number` stands at the right, as its numbers do. */
  readonly heads: readonly (string | { readonly number: string })[];
  readonly children: ComponentChildren;
}

export function DataTable({ heads, children }: Props) {
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            {heads.map((head) =>
              typeof head === "string" ? (
                <th key={head}>{head}</th>
              ) : (
                <th class="number" key={head.number}>
                  {head.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
