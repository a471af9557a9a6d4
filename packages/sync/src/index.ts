/**
 * The sync agent's engine: keeps a folder and the server in step.
 *
 * Promises: the invariants of `docs/sync.md`. The planner is pure; clock, randomness, ids, file
 * system and server come through ports, so that all of it runs under a seeded simulation.
 * Doesn't promise: anything about who calls it; the command line is in `valise`.
 */
export {
  type Agent,
  type AgentEvent,
  type AgentOptions,
  openAgent,
  type ResumeOptions,
} from './node/agent.ts';
export type { AgentStatus, Problem } from './node/agent-status.ts';
export type { FileState } from './node/file-states.ts';
export { FolderChoiceError } from './node/folder-choice.ts';
export { problemReason } from './node/problem-reason.ts';
export { RootMissing } from './node/root-marker.ts';
export type { Block, BlockReason, Operation, Plan } from './plan/operation.ts';
export { plan } from './plan/plan.ts';
export type { PlanOptions } from './plan/plan-options.ts';
export type * from './tree/node.ts';
export type * from './tree/tree.ts';
