/**
 * Names the unknown keys of bad lines.
 *
 * The engine's reasons give a key's offset only, because they are recorded in the Workflow history. The output of
 * `--dry-run` stays on the user's machine.
 */
import type { BadLine } from '../../../activities/plan/check-input';
import { readRequestLines } from '../../client/request-source';
import { LINE_BYTES_MAX } from '../../contract/limits';
import { jsonMembers } from '../../core/plan/json-members';
import { toRequestText } from '../../core/plan/requests';
import { readLines } from '../../store/lines';

const UNKNOWN_KEY = /an unknown key (at byte offset (\d+))/g;
const KEY_LENGTH_MAX = 60;

/** Reads the input once more, as far as the last line with an unknown key. */
export async function nameUnknownKeys(
  path: string,
  listed: readonly BadLine[]
): Promise<readonly BadLine[]> {
  const named = new Map<number, BadLine>();
  const wanted = new Map(
    listed
      .filter(({ reason }) => reason.search(UNKNOWN_KEY) !== -1)
      .map((bad) => [bad.line, bad] as const)
  );
  if (wanted.size === 0) return listed;
  const { bytes: source } = await readRequestLines(path);
  for await (const lines of readLines(source, { lineBytesMax: LINE_BYTES_MAX })) {
    for (const { bytes, number } of lines) {
      const bad = wanted.get(number);
      if (bad !== undefined) named.set(number, nameKeys(bad, bytes));
    }
    if (named.size === wanted.size) break;
  }
  return listed.map((bad) => named.get(bad.line) ?? bad);
}

function nameKeys({ line, reason }: BadLine, bytes: Buffer): BadLine {
  const members = jsonMembers(toRequestText(bytes, line) ?? bytes);
  const named = reason.replace(UNKNOWN_KEY, (whole, where: string, offset: string) => {
    const member = members.find(({ keyStart }) => keyStart === Number(offset));
    return member === undefined
      ? whole
      : `unknown key ${JSON.stringify(member.key.slice(0, KEY_LENGTH_MAX))} ${where}`;
  });
  return { line, reason: named };
}
