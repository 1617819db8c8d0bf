import type { IncomingHttpHeaders } from 'node:http';
import { errorAnswer, invalid } from '../../api-shapes/answers';
import type { Answer } from '../../api-shapes/answers';

/** Whom a key belongs to. */
export interface KeyOwner {
  readonly workspaceId: string;
  /** @default DEFAULT_ORGANIZATION_ID */
  readonly organizationId?: string;
}

export interface Identity {
  readonly workspaceId: string;
  readonly organizationId: string;
}

/** The keys that the simulator knows; they may change while it runs. */
export interface KeyRing {
  /** Adds a key, or moves it to another workspace. */
  set(key: string, owner: KeyOwner): void;
  /** Makes a key unknown from now on. */
  revoke(key: string): void;
  find(key: string): Identity | undefined;
}

export const DEFAULT_WORKSPACE_ID = 'wrkspc_01SimulatorDefaultWorksp';
export const DEFAULT_ORGANIZATION_ID = '00000000-0000-4000-8000-000000000001';

const VERSIONS: ReadonlySet<string> = new Set(['2023-06-01', '2026-10-21']);

/**
 * @param keys - the only valid keys; undefined lets every key in that is not empty, all into one workspace.
 */
export function createKeyRing(keys: Readonly<Record<string, KeyOwner>> | undefined): KeyRing {
  const owners = new Map(Object.entries(keys ?? {}));
  const revoked = new Set<string>();
  const isOpen = keys === undefined;
  return {
    set(key, owner) {
      revoked.delete(key);
      owners.set(key, owner);
    },
    revoke(key) {
      revoked.add(key);
    },
    find(key) {
      if (key === '' || revoked.has(key)) return undefined;
      const owner = owners.get(key) ?? (isOpen ? { workspaceId: DEFAULT_WORKSPACE_ID } : undefined);
      if (owner === undefined) return undefined;
      return { organizationId: DEFAULT_ORGANIZATION_ID, ...owner };
    },
  };
}

/**
 * Who calls: by `x-api-key` or `Authorization: Bearer`, whichever the client sends.
 *
 * @returns the answer that refuses the call when its key is missing or invalid, or its version is unknown.
 */
export function authenticate(headers: IncomingHttpHeaders, keys: KeyRing): Identity | Answer {
  const key = keyIn(headers);
  if (key === null)
    // Assumed: the text since Bearer tokens are in use.
    return errorAnswer({ type: 'authentication_error', message: 'x-api-key header is required' });
  const identity = keys.find(key);
  if (identity === undefined)
    return errorAnswer({ type: 'authentication_error', message: 'API key is invalid.' });
  const version = headers['anthropic-version'];
  // Assumed: both texts.
  if (version === undefined) return invalid('anthropic-version: header is required');
  if (!VERSIONS.has(String(version)))
    return invalid(`anthropic-version: "${String(version)}" is not a valid version`);
  const asked = headers['anthropic-workspace-id'];
  if (asked !== undefined && asked !== identity.workspaceId)
    // Assumed: status and text. Known is only that it must match.
    return errorAnswer({
      type: 'permission_error',
      message: `The API key does not belong to workspace ${String(asked)}.`,
    });
  return identity;
}

export function isIdentity(value: Identity | Answer): value is Identity {
  return 'workspaceId' in value;
}

/** The beta names of a call, from a comma list in one header or several. */
export function betasIn(headers: IncomingHttpHeaders): string[] {
  return String(headers['anthropic-beta'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function keyIn(headers: IncomingHttpHeaders): string | null {
  const apiKey = headers['x-api-key'];
  if (apiKey !== undefined && apiKey !== '') return String(apiKey);
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? null;
}
