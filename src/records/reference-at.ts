import type { StoreReference } from '../contract/public';
import type { Store } from '../store/store';

/** A recorded reference with the `uri` that its object has on this machine, where the store's root may differ. */
export function referenceAt(
  store: Pick<Store, 'uriOf'>,
  key: string,
  reference: StoreReference
): StoreReference {
  return { ...reference, uri: store.uriOf(key) };
}
