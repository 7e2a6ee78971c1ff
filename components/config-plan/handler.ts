/** config-plan: what a commit or a revert would do, reverts, proposals, and the search. Apart from config-write, whose size every write pays. */

import { ApproveBody } from "../../lib/api/approve-body.ts";
import { CommitBody } from "../../lib/api/commit-body.ts";
import { PlanBody } from "../../lib/api/plan-body.ts";
import { RevertBody } from "../../lib/api/revert-body.ts";
import { CONFIG_PLAN } from "../../lib/api/tables/config-plan.built.ts";
import { parseJsonBody } from "../../lib/http/body.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postPlan } from "./plan.ts";
import { postApplication } from "./proposals/apply.ts";
import { postApproval, postRejection, postWithdrawal } from "./proposals/decide.ts";
import { postProposal } from "./proposals/propose.ts";
import { getProposal, getProposals } from "./proposals/read.ts";
import { postRevert } from "./revert.ts";
import { getSearch } from "./search.ts";

const PARTS: Parts<"config-plan"> = {
  handlers: {
    plan: postPlan,
    revert: postRevert,
    search: getSearch,
    propose: postProposal,
    listProposals: getProposals,
    readProposal: getProposal,
    approveProposal: postApproval,
    applyProposal: postApplication,
    rejectProposal: postRejection,
    withdrawProposal: postWithdrawal,
  },
  bodies: { PlanBody, RevertBody, CommitBody, ApproveBody },
  parseBody: parseJsonBody,
};

/** The component's service, for stores of the migrations it was built with. */
export function configPlan(migrations: readonly Migration[]): Service {
  return service(CONFIG_PLAN, PARTS, migrations);
}
