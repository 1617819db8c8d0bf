import Anthropic from '@anthropic-ai/sdk';
import { findMessageBatchFailure } from '../../../src/contract/failures';
import { createAnthropicClients } from '../../../activities';
import { rejection, startServer } from '../job-fixture';

const VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_BASE_URL',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
] as const;
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

beforeEach(() => {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

afterEach(() => {
  for (const name of VARIABLES) {
    const value = before[name];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

describe('createAnthropicClients', () => {
  test('the default client is made from the environment when it is first asked for', async () => {
    const seen: unknown[] = [];
    const server = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{}');
    });
    const clients = createAnthropicClients();
    process.env['ANTHROPIC_API_KEY'] = 'sk-ant-one';
    process.env['ANTHROPIC_BASE_URL'] = server.url;
    // An API on this machine is reached without a proxy.
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9';
    const client = clients('default');
    expect(clients('default')).toBe(client);
    await client.get('/v1/messages/batches');
    expect(seen).toEqual(['Bearer sk-ant-one']);
    await server.close();
  });

  test('another origin is reached through the proxy', async () => {
    const seen: string[] = [];
    const proxy = await startServer((_, response) => response.end());
    proxy.server.on('connect', (request, socket) => {
      seen.push(String(request.url));
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    process.env['ANTHROPIC_API_KEY'] = 'sk-ant-one';
    process.env['ANTHROPIC_BASE_URL'] = 'https://api.example.test';
    process.env['HTTPS_PROXY'] = proxy.url;
    const client = createAnthropicClients()('default');
    await rejection(client.get('/v1/messages/batches').asResponse());
    expect(seen).toEqual(['api.example.test:443']);
    await proxy.close();
  });

  test('without a key it says what to set', () => {
    expect(() => createAnthropicClients()('default')).toThrow(/set ANTHROPIC_API_KEY/);
    const error: unknown = catchError(() => createAnthropicClients()('default'));
    expect(error).toMatchObject({ type: 'MessageBatch.Authentication', nonRetryable: true });
  });

  test('an unknown account names those that are here', () => {
    const clients = createAnthropicClients({ clients: { research: () => new Anthropic() } });
    const error = catchError(() => clients('finance'));
    expect(error).toMatchObject({ type: 'MessageBatch.WrongWorker' });
    expect((error as Error).message).toContain('finance; it has research, default');
  });

  test.each(['environment', 'given'])(
    'the key of a client (%s) goes to no other origin',
    async (kind) => {
      const seen: unknown[] = [];
      const thief = await startServer((request, response) => {
        seen.push(request.headers);
        response.end('{}');
      });
      const server = await startServer((_, response) => {
        response.writeHead(307, { location: `${thief.url}/stolen` }).end();
      });
      process.env['ANTHROPIC_API_KEY'] = 'sk-ant-one';
      process.env['ANTHROPIC_BASE_URL'] = server.url;
      const clients = kind === 'given' ? { default: () => new Anthropic({ maxRetries: 5 }) } : {};
      const client = createAnthropicClients({ clients })('default');
      const redirected = await rejection(client.get('/v1/messages/batches').asResponse());
      expect(redirected).toMatchObject({ status: 307 });
      const direct = await rejection(client.get(`${thief.url}/v1/x`).asResponse());
      expect(findMessageBatchFailure(direct)?.message).toContain('Refused to send the key');
      expect(seen).toEqual([]);
      await server.close();
      await thief.close();
    }
  );
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
