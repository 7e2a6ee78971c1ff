/** What the bucket costs in a month, about, by prices that are kept in this browser. */
import { useState } from "preact/hooks";
import type { Status } from "../../../../lib/api/admin-answers.ts";
import type { Snapshots } from "../../../../lib/api/backup-answers.ts";
import { read } from "../../app/server.ts";
import { mayAll } from "../../app/session.ts";
import { pages } from "../../app/store.ts";
import { amountOf, bytesWords, formatCount } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { costOf, type MonthsUse, monthsUse, PRICES, type Prices } from "./cost.ts";

const KEPT = "ledge-prices";
/** Of the order that large providers ask for, in dollars. */
const FIRST: Prices = { storage: 0.023, writes: 0.005, reads: 0.0004, traffic: 0 };
const ROWS: Readonly<Record<keyof Prices, readonly [string, string]>> = {
  storage: ["Stored", "a GB"],
  writes: ["PUT and LIST requests", "1,000"],
  reads: ["GET requests", "1,000"],
  traffic: ["Read out of the bucket", "a GB"],
};
const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const moneyOf = (cost: number) => (cost > 0 && cost < 0.01 ? "below 0.01" : money.format(cost));

export function CostEstimate() {
  const [open, setOpen] = useState(false);
  if (!mayAll("status") && !mayAll("admin")) return null;
  return (
    <details class="part" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What the bucket costs, about</summary>
      {open && <Estimate />}
    </details>
  );
}

function Estimate() {
  const [prices, setPrices] = useState(pricesKept);
  const { content, error, again } = useLoad(measure, [], "cost");
  if (content === undefined)
    return error === undefined ? <Skeleton /> : <ErrorBox error={error} again={again} />;
  const cost = costOf(content, prices);
  const set = (name: keyof Prices, text: string) => {
    const next = { ...prices, [name]: Math.max(0, Number(text) || 0) };
    setPrices(next);
    keep(next);
  };
  const amounts = amountsOf(content);
  return (
    <>
      <p>
        About <strong>{moneyOf(cost.all)}</strong> a month at these prices. It is an estimate: it goes by{" "}
        {amountOf(content.exports, "export")} a month, by the restore points of the last two days, and by{" "}
        {amountOf(content.bases, "base")} of at most the size of the database. The bill says it exactly.
      </p>
      <DataTable heads={["In a month", { number: "About" }, "Price", { number: "Cost" }]}>
        {PRICES.map((name) => (
          <tr key={name}>
            <td>{ROWS[name][0]}</td>
            <td class="number">{amounts[name]}</td>
            <td>
              <input
                type="number"
                class="price"
                aria-label={`Price: ${ROWS[name].join(", ")}`}
                min={0}
                step="any"
                value={prices[name]}
                onChange={(event) => set(name, event.currentTarget.value)}
              />{" "}
              <span class="soft small">{ROWS[name][1]}</span>
            </td>
            <td class="number">{moneyOf(cost[name])}</td>
          </tr>
        ))}
      </DataTable>
    </>
  );
}

function amountsOf(use: MonthsUse): Readonly<Record<keyof Prices, string>> {
  return {
    storage: bytesWords(use.storedBytes),
    writes: formatCount(use.writes),
    reads: formatCount(use.reads),
    traffic: bytesWords(use.readBytes),
  };
}

async function measure(signal: AbortSignal): Promise<MonthsUse> {
  const [{ store }, all] = await Promise.all([
    read<Status>("/v1/admin/status", {}, signal),
    pages<Snapshots>("/v1/backup/snapshots", { limit: 1000 }, signal),
  ]);
  const points = all.flatMap(({ snapshots }) => snapshots);
  return monthsUse({ points, storeBytes: store.bytes, nowMs: Date.now() });
}

/** Anybody may write into a browser's storage. */
function pricesKept(): Prices {
  try {
    const kept: Partial<Record<keyof Prices, unknown>> = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    const priceOf = (name: keyof Prices) => {
      const price = kept[name];
      return typeof price === "number" && price >= 0 ? price : FIRST[name];
    };
    return {
      storage: priceOf("storage"),
      writes: priceOf("writes"),
      reads: priceOf("reads"),
      traffic: priceOf("traffic"),
    };
  } catch {
    return FIRST;
  }
}

function keep(prices: Prices): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(prices));
  } catch {
    // A browser that keeps nothing shows the first prices the next time.
  }
}
