/**
 * Goal: a Worker's clock may say what it wants. Method: two Workers at once, one five years ahead, one five years behind,
 * answers to creates lost on the way; files and ledger are those of a machine that knows the time.
 */
import { dropping, errored, failing, type SimulatorOptions } from '../../src/simulator';
import { numberOf } from '../helpers/engine';
import { executedTwice, inputOf, paidTwice } from './expected';
import { startMachine } from './machine';

const YEARS_MS = 5 * 365 * 24 * 60 * 60 * 1000;

async function runJob(clocks: readonly (number | undefined)[], faults: SimulatorOptions['faults']) {
  const machine = await startMachine({
    batchTimeMs: 500,
    faults: faults ?? [],
    outcome: ({ params, attempt }) =>
      numberOf(params) % 3 === 1 && attempt === 1 ? errored('overloaded_error') : undefined,
  });
  try {
    const shifts = clocks.map((shift) => (shift === undefined ? {} : { clockShiftMs: shift }));
    await Promise.all(shifts.map((choice) => machine.startWorker(choice)));
    await machine.startJob('clocks', { input: inputOf('clocks', 10) });
    await machine.completed('clocks');
    const twice = [...paidTwice(machine.simulator), ...(await executedTwice(machine.simulator))];
    return { output: await machine.output('clocks'), twice };
  } finally {
    await machine.close();
  }
}

test('Workers whose clocks are years ahead and years behind: the same files, paid once', async () => {
  const [right, wrong] = await Promise.all([
    runJob([undefined], []),
    runJob(
      [YEARS_MS, -YEARS_MS],
      [
        { on: 'create', stage: 'executed', action: dropping() },
        { on: 'create', skip: 1, action: failing(500) },
      ]
    ),
  ]);
  expect(wrong.output).toEqual(right.output);
  expect([right.twice, wrong.twice]).toEqual([[], []]);
}, 90_000);
