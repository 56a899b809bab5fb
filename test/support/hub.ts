import type { TestContext } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { type Hub, startHub } from '../../hub/hub.ts';
import { Tokens } from '../../hub/tokens.ts';
import { type HeldParcel, heldParcel } from '../../protocol/photometry.ts';
import { type HeldRequest, heldRequest } from '../../protocol/rest.ts';
import { silent, temporaryFolder } from './parcels.ts';

export const tokenOf = {
  here: 'token-of-the-site-here',
  there: 'token-of-the-site-there',
  '*': 'token-of-the-operator',
};

export function testTokens(): Tokens {
  return new Tokens(Object.entries(tokenOf).map(([site, token]) => ({ site, token })));
}

/** Starts a hub in this folder; `port` 0 takes a free one. */
export function startTestHub(dataDir: string, port = 0): Promise<Hub> {
  return startHub({ port, dataDir, tokens: testTokens(), clock: systemClock, log: silent });
}

/** A hub that is gone after the test. */
export async function hubFor(t: TestContext): Promise<Hub> {
  const hub = await startTestHub(temporaryFolder(t));
  t.after(() => hub.close());
  return hub;
}

type Body = NonNullable<RequestInit['body']>;

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** One call of the hub's REST interface, by the operator unless said otherwise. */
export async function call(
  hub: { readonly url: string },
  path: string,
  options: { method?: string; token?: string; body?: Body; headers?: Record<string, string> } = {},
): Promise<Called> {
  const { method = 'GET', token = tokenOf['*'], body, headers } = options;
  const response = await fetch(`${hub.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

export async function heldParcels(hub: Hub, query = ''): Promise<HeldParcel[]> {
  return heldParcel.array().parse((await call(hub, `/v1/photometry${query}`)).body);
}

export async function heldRequests(hub: Hub): Promise<HeldRequest[]> {
  return heldRequest.array().parse((await call(hub, '/v1/requests')).body);
}

/** Waits until something holds; fails after `timeoutMs`, which no passing test comes near. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, timeoutMs = 30_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
