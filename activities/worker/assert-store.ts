import type { JobBinding } from '../../src/contract/activities';
import { failure } from '../../src/contract/failures';
import type { Store } from '../../src/store/store';

/** @throws ApplicationFailure `MessageBatch.WrongWorker` when the job was planned in another store. */
export async function assertStore(store: Store, site: JobBinding): Promise<void> {
  const id = await store.id();
  if (id === site.storeId) return;
  throw failure(
    'MessageBatch.WrongWorker',
    `This Worker has the store ${id} (${store.uri}), the job was planned in the store ${site.storeId}.`
  );
}
