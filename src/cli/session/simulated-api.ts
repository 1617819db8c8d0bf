/**
 * A simulator in place of the API, for commands that work without a key.
 */
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator';

/** The simulator accepts any key; a real one must never be sent to it. */
export const SIMULATED_KEY = 'simulated';

/** Starts a simulator, and makes this process's Worker call it instead of the API. */
export async function simulateApi(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  process.env['ANTHROPIC_BASE_URL'] = simulator.url;
  process.env['ANTHROPIC_API_KEY'] = SIMULATED_KEY;
  delete process.env['ANTHROPIC_AUTH_TOKEN'];
  return simulator;
}
