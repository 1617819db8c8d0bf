import { readRecord, toRecordText } from '../../src/records/record-text';

const RECORD = { batch_id: 'msgbatch_1', requests: 3 };

function stored(text: string): { readJson: () => Promise<unknown> } {
  return { readJson: () => Promise.resolve(JSON.parse(text)) };
}

function read(text: string): Promise<object | undefined> {
  return readRecord(stored(text), 'a/batch.json', 'batch_id');
}

describe('a record', () => {
  test('is read as it was written, its hash left out', async () => {
    expect(await read(toRecordText(RECORD))).toEqual(RECORD);
  });

  test('without a hash, of the first versions, is read as it stands', async () => {
    expect(await read(JSON.stringify(RECORD))).toEqual(RECORD);
  });

  test.each([
    ['in which a digit changed', toRecordText(RECORD).replace('3', '2')],
    ['whose hash changed', toRecordText(RECORD).replace(/"sha256": ".{4}/, '"sha256": "0000')],
    ['of another kind', toRecordText({ id: 1 })],
    ['that is no object', '"text"'],
  ])('%s is damage', async (_, text) => {
    await expect(read(text)).rejects.toMatchObject({ type: 'MessageBatch.StoreDamaged' });
  });
});
