/**
 * A simulator of Anthropic's Message Batches API on loopback, for tests.
 *
 * It speaks HTTP to any client, keeps time by a clock of the test's choice, lets the test script what becomes
 * of each request and what goes wrong with each call, and keeps a ledger of what would have been billed.
 *
 * ```ts
 * const simulator = await startSimulator({
 *   now: () => env.currentTimeMs(),
 *   batchTimeMs: 3_600_000,
 *   result: ({ attempt }) => (attempt === 1 ? errored('overloaded_error') : succeeded()),
 * });
 * simulator.fault({ on: 'create', stage: 'executed', action: dropping() });
 * const client = new Anthropic({ baseURL: simulator.url, apiKey: 'any' });
 * // … run what is to be tested …
 * expect(await simulator.ledger.executions()).toHaveLength(2);
 * await simulator.close();
 * ```
 *
 * Why: docs/decisions/009-independent-simulator.md
 *
 * @module
 */
export { startSimulator } from './simulator';
export type { Simulator } from './simulator';
export type { NewBatch, RunSettings, SettingsChange, SimulatorOptions } from './state/settings';
export type { BatchHandle, BatchState } from './batch-handle';
export type { ProcessingStatus, RequestCounts, ResultType } from './state/batch';
export type { Execution, Ledger, LedgerBatch, LedgerCall, LedgerRequest } from './state/ledger';
export { DEFAULT_ORGANIZATION_ID, DEFAULT_WORKSPACE_ID } from './state/auth';
export type { Identity, KeyOwner, KeyRing } from './state/auth';
export type { Limits } from './state/rate-limits';
export type { Operation } from '../api-shapes/router';
export type { StreamEdit } from '../api-shapes/answers';
export { keyOf } from '../api-shapes/ids';

// What becomes of a request.
export { canceled, errored, expired, maxTokens, refused, succeeded } from './state/scripted-result';
export type {
  CanceledResult,
  ErroredResult,
  ExpiredResult,
  ResultScript,
  ResultSettings,
  ScriptedRequest,
  ScriptedResult,
  SucceededResult,
} from './state/scripted-result';

// What goes wrong with a call.
export {
  countsAtEnd,
  dateAhead,
  delaying,
  dropping,
  editing,
  extraFields,
  failing,
  hanging,
  hiddenFor,
  listWithout,
  negativeCounts,
  redirecting,
  responding,
  respondingHtml,
  respondingNothing,
  resultsUrlOn,
  shortPages,
  unknownStatus,
  unorderedList,
} from './faults/faults';
export type {
  BodyEdit,
  ErrorAction,
  Fault,
  FaultAction,
  FaultCall,
  FaultStage,
  RespondAction,
  ResultsAction,
} from './faults/faults';
export type { FaultHandle } from './faults/fault-queue';

// What goes wrong with a result file.
export {
  blankLine,
  brokenLine,
  cutAfterLine,
  cutMidLine,
  duplicatedLine,
  foreignLine,
  giganticLine,
  missingLine,
  slowBody,
  unknownErrorType,
  unknownResultType,
  withoutFinalNewline,
  type CutEnd,
} from './faults/result-faults';
