/** The schemas of the interface by the names that its description gives them. */
import * as z from "zod/mini";
import * as admin from "./admin-answers.ts";
import {
  BootstrapBody,
  GrantBody,
  ModeBody,
  NamespaceBody,
  PickBody,
  PurgeBody,
  RecoverBody,
  RotateBody,
  TokenBody,
} from "./admin-bodies.ts";
import { ApproveBody } from "./approve-body.ts";
import * as backup from "./backup-answers.ts";
import { Change, CommitBody } from "./commit-body.ts";
import { ConsoleSession } from "./console-answers.ts";
import * as documents from "./document-answers.ts";
import { PlanAnswer } from "./plan-answer.ts";
import { PlanBody } from "./plan-body.ts";
import * as policies from "./policy-bodies.ts";
import * as proposals from "./proposal-answers.ts";
import { RestoreAnswer, RestorePreview } from "./restore-answers.ts";
import { RestoreBody } from "./restore-bodies.ts";
import { RevertBody } from "./revert-body.ts";
import * as rollouts from "./rollout-bodies.ts";

const SCHEMAS = {
  CommitBody,
  Change,
  PlanBody,
  RevertBody,
  NamespaceBody,
  BootstrapBody,
  RecoverBody,
  GrantBody,
  TokenBody,
  RotateBody,
  ModeBody,
  PurgeBody,
  PickBody,
  Document: documents.Document,
  ListPage: documents.ListPage,
  HistoryEntry: documents.HistoryEntry,
  HistoryPage: documents.HistoryPage,
  DiffEntry: documents.DiffEntry,
  DiffPage: documents.DiffPage,
  SearchHit: documents.SearchHit,
  SearchPage: documents.SearchPage,
  FeedChange: documents.FeedChange,
  FeedCommit: documents.FeedCommit,
  FeedPage: documents.FeedPage,
  LoggedChange: documents.LoggedChange,
  LoggedCommit: documents.LoggedCommit,
  LoggedCommitWithChanges: documents.LoggedCommitWithChanges,
  CommitsPage: documents.CommitsPage,
  CommitAnswer: documents.CommitAnswer,
  PlanAnswer,
  ApproveBody,
  ProposalMade: proposals.ProposalMade,
  ProposalEntry: proposals.ProposalEntry,
  ProposalsPage: proposals.ProposalsPage,
  Proposal: proposals.ProposalAnswer,
  Decided: proposals.Decided,
  RefusalCause: admin.RefusalCause,
  Grant: documents.ShownGrant,
  Whoami: documents.Whoami,
  Lineage: documents.Lineage,
  ConsoleSession,
  Namespace: admin.Namespace,
  NamespacesPage: admin.NamespacesPage,
  PolicyBody: policies.PolicyBody,
  Policy: policies.PolicyAnswer,
  PoliciesPage: policies.PoliciesPage,
  ChannelBody: rollouts.ChannelBody,
  Channel: rollouts.Channel,
  ChannelsPage: rollouts.ChannelsPage,
  EdgeBody: rollouts.EdgeBody,
  Edge: rollouts.Edge,
  EdgesPage: rollouts.EdgesPage,
  RolloutBody: rollouts.RolloutBody,
  ApproveRolloutBody: rollouts.ApproveRolloutBody,
  Rollout: rollouts.Rollout,
  RolloutsPage: rollouts.RolloutsPage,
  BeaconsBody: rollouts.BeaconsBody,
  BeaconsAnswer: rollouts.BeaconsAnswer,
  Replica: rollouts.Replica,
  Fleet: rollouts.Fleet,
  SchemaEntry: admin.SchemaEntry,
  SchemasPage: admin.SchemasPage,
  Token: admin.Token,
  TokensPage: admin.TokensPage,
  Mode: admin.ModeAnswer,
  Status: admin.Status,
  BackupStatus: backup.BackupStatus,
  BackupRun: backup.BackupRun,
  BackupProof: backup.BackupProof,
  RestorePoint: backup.RestorePoint,
  PrunePlan: backup.PrunePlan,
  Branch: backup.Branch,
  Snapshots: backup.Snapshots,
  Picked: backup.Picked,
  Sealed: backup.Sealed,
  PurgeAnswer: admin.PurgeAnswer,
  RestoreBody,
  RestorePreview,
  RestoreAnswer,
  Health: admin.Health,
  Ready: admin.Ready,
  Problem: admin.Problem,
};

export type Schemas = typeof SCHEMAS;
export type SchemaName = keyof Schemas;

/** As JSON Schema (2020-12), each by its name, with references between them. */
export function jsonSchemas(): Record<string, Record<string, unknown>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  );
}
