/**
 * Whether a Workflow bundle contains this package's Workflows.
 *
 * A plugin cannot add Workflows: the user's own module must re-export them. Where it does not, Temporal would fail every
 * Workflow Task, forever and quietly. So the finished bundle is loaded once, outside of any Workflow, and its exports are
 * checked.
 */
import assert from 'node:assert';
import { AsyncLocalStorage } from 'node:async_hooks';
import vm from 'node:vm';
import { WORKFLOW_TYPE } from '../contract/names';

/** What to write where Workflows are missing. */
export const MISSING_WORKFLOWS_MESSAGE =
  "This Worker's Workflow bundle lacks the Workflows of temporal-message-batches. " +
  "Add to the module that `workflowsPath` names: export * from 'temporal-message-batches/workflows';";

const LOAD_TIMEOUT_MS = 10_000;

/**
 * Loads a bundle and checks its exports.
 *
 * @returns `unknown` when it can't be loaded outside of a Workflow: then only Temporal itself can find out.
 */
export function checkBundle(code: string): 'present' | 'missing' | 'unknown' {
  try {
    const context = vm.createContext(sandboxGlobals());
    vm.runInContext(code, context, { timeout: LOAD_TIMEOUT_MS });
    const bundle: unknown = vm.runInContext('__TEMPORAL__.importWorkflows()', context, {
      timeout: LOAD_TIMEOUT_MS,
    });
    if (typeof bundle !== 'object' || bundle === null) return 'unknown';
    const isExported = (name: string): boolean => typeof Reflect.get(bundle, name) === 'function';
    return Object.values(WORKFLOW_TYPE).every(isExported) ? 'present' : 'missing';
  } catch {
    return 'unknown';
  }
}

/** The globals that Temporal's own sandbox offers to modules while they load. */
function sandboxGlobals(): vm.Context {
  const silent = (): void => undefined;
  return {
    assert,
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    AbortController,
    AsyncLocalStorage,
    console: { log: silent, warn: silent, error: silent, info: silent, debug: silent },
    __webpack_module_cache__: {},
  };
}
