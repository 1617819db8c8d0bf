import type { SimulatorOptions } from './settings';
import { RUN_SETTINGS_DEFAULT } from './settings';

/** The options that only a start takes. The type fails to compile when one is missing. */
const START_ONLY: Readonly<
  Record<Exclude<keyof SimulatorOptions, keyof typeof RUN_SETTINGS_DEFAULT>, true>
> = { port: true, now: true, keys: true, faults: true, wildcard: true, seed: true };

/** Earlier names of options, with today's. */
const RENAMED: Readonly<Record<string, string>> = { outcome: 'result' };

const SETTING_NAMES = Object.keys(RUN_SETTINGS_DEFAULT);
const OPTION_NAMES = [...Object.keys(START_ONLY), ...SETTING_NAMES];

/** @throws TypeError when a name is no option of a start, so that a misspelled one is not ignored. */
export function assertOptionNames(options: object): void {
  assertKnown(options, OPTION_NAMES);
}

/** @throws TypeError when a name is no setting that may change while the simulator runs. */
export function assertSettingNames(change: object): void {
  assertKnown(change, SETTING_NAMES);
}

function assertKnown(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const renamed = Object.hasOwn(RENAMED, unknown) ? RENAMED[unknown] : undefined;
  throw new TypeError(
    renamed === undefined
      ? `Unknown option \`${unknown}\`. Expected one of: ${known.join(', ')}.`
      : `The option \`${unknown}\` is now called \`${renamed}\`.`
  );
}
