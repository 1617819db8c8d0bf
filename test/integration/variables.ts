/** The environment that the examples' Workers read: the simulator's address, a key and the test's store. */
import { join } from 'node:path';
import { API_KEY, type Engine } from '../helpers/engine';

export function variablesOf({ simulator, folder }: Engine): Record<string, string> {
  return {
    ANTHROPIC_API_KEY: API_KEY,
    ANTHROPIC_BASE_URL: simulator.url,
    MESSAGE_BATCHES_STORE: join(folder, 'store'),
  };
}

/** Runs with these variables, and restores those of before. */
export async function withVariables(
  variables: Record<string, string>,
  run: () => Promise<void>
): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
