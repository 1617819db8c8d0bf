/**
 * Loopback ports that a server can keep across restarts.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

export interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

/**
 * Below the range from which systems take the ports of outgoing connections. In that range, a client that
 * keeps trying to reach a server that is down may be given the server's own port, and blocks it.
 */
const PORT_MIN = 20_000;
const PORT_MAX = 29_999;
const TRIES_MAX = 100;

/** Whether a server could listen on a loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => {
      done(false);
    });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => {
        done(true);
      });
    });
  });
}

/** Picks a free port at random. */
export async function pickPort(except?: number): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX + 1);
    if (port !== except && (await isPortFree(port))) return port;
  }
  throw new Error(`No free port was found between ${PORT_MIN} and ${PORT_MAX}.`);
}
