/** Rollouts in numbers. Index: the primary key of `entry`, of the documents under `rollout/` alone. */
import { integerColumn, statement, textColumn } from "../sqlite/statement-build.ts";

/**
 * ?1: a running rollout whose step was to end its bake before this moment, in ms, is overdue. The step of one that went back is
 * -1, which no path of JSON takes.
 */
export const rolloutStatesSql = statement(
  { state: textColumn, count: integerColumn, overdue: integerColumn },
  `select r.state,count(*),coalesce(sum(r.state='running' and r.endMs<?1),0) from
(select value->>'state' as state,1000*(unixepoch(value->>'since')+case when value->>'step'>=0 then value->>('$.steps['||(value->>'step')||'].bakeSeconds') else 0 end) as endMs
from (select cast(e.value as text) as value from entry e where e.namespace='_system' and e.key>='rollout/' and e.key<'rollout0')) r
group by 1`,
);
