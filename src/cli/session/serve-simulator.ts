/**
 * `simulator`: the simulator of the API alone, until Ctrl-C.
 */
import { startSimulator } from '../../simulator';
import { EXIT } from '../text/exit-status';
import { print, printError } from '../text/output';
import { toDurationMs, toPort } from '../flags/parse-flag';
import { withInterrupt } from './interrupt';

export interface SimulatorFlags {
  readonly port: string;
  readonly batchTime: string;
  readonly wildcard?: boolean;
}

/** @returns the exit status. */
export function serveSimulator({ port, batchTime, wildcard }: SimulatorFlags): Promise<number> {
  return withInterrupt(async ({ interrupted }) => {
    const simulator = await startSimulator({
      port: toPort(port),
      batchTimeMs: toDurationMs(batchTime, '--batch-time'),
      wildcard: wildcard === true,
    });
    print(simulator.url);
    printError('A simulator: its answers are made up. Press Ctrl-C to stop.');
    await interrupted;
    await simulator.close();
    return EXIT.done;
  });
}
