import { Context } from '@temporalio/activity';
import { failure } from '../../src/contract/failures';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';

/**
 * Checks that the Temporal server knows the search attributes that the job will set: an unknown one would fail the job's
 * Workflow Tasks forever, without an error anywhere else.
 *
 * If the server does not list its search attributes, they are assumed to be registered.
 *
 * @throws ApplicationFailure `MessageBatch.BadOptions`, naming those that are not registered.
 */
export async function assertSearchAttributes(): Promise<void> {
  const registered = await listRegistered();
  if (registered === null) return;
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !registered.has(name));
  if (missing.length === 0) return;
  const flags = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
  throw failure(
    'MessageBatch.BadOptions',
    'The option `searchAttributes` is on, but this Temporal namespace has no ' +
      `${missing.map(([name]) => name).join(', ')}. Register them: temporal operator search-attribute create ${flags}`
  );
}

async function listRegistered(): Promise<ReadonlySet<string> | null> {
  try {
    const { client } = Context.current();
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
      namespace: client.options.namespace,
    });
    return new Set(Object.keys(customAttributes));
  } catch {
    return null;
  }
}
