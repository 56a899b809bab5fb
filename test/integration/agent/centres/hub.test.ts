import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import type { DeliveryAdapter, DeliveryOutcome } from '../../../../agent/centres/contract.ts';
import { hubDelivery } from '../../../../agent/centres/hub/delivery.ts';
import { tokenSource } from '../../../../agent/centres/token.ts';
import type { Parcel } from '../../../../agent/store/outbox.ts';
import { systemClock } from '../../../../base/clock.ts';
import { serverFor } from '../../../support/http.ts';
import { call, hubFor, tokenOf } from '../../../support/hub.ts';
import { parcelOf, sha256 } from '../../../support/parcels.ts';

const signal = new AbortController().signal;

function adapter(url: string, token: () => string = () => tokenOf.here, silenceMs = 5000): DeliveryAdapter {
  return hubDelivery({
    destination: 'centre',
    url,
    token,
    clock: systemClock,
    timeouts: { silenceMs, wholeMs: 10_000 },
  });
}

/** What the adapter makes of a server that answers so. */
async function outcomeOf(t: TestContext, listener: RequestListener, silenceMs?: number): Promise<DeliveryOutcome> {
  const central = adapter(await serverFor(t, listener), undefined, silenceMs);
  return central.deliver(await parcelOf('a'), signal);
}

function answering(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  };
}

const refusal = (error: string) => JSON.stringify({ error, reason: 'because' });

describe('the adapter to a hub', () => {
  it('delivers once, is told so the second time, and finds what it delivered', async (t) => {
    const hub = await hubFor(t);
    const central = adapter(`${hub.url}/`);
    const parcel = await parcelOf('a');
    assert.equal(await central.reconcile(parcel, signal), 'absent');
    assert.deepEqual(await central.deliver(parcel, signal), { kind: 'accepted' });
    assert.deepEqual(await central.deliver(parcel, signal), { kind: 'duplicate' });
    assert.equal(await central.reconcile(parcel, signal), 'held');
    const held = await call(hub, `/v1/photometry/${parcel.key}/${parcel.revision}?site=here`);
    assert.equal(sha256(JSON.stringify(held.body)), parcel.checksum);
  });

  it('is refused for good where the hub holds another content', async (t) => {
    const hub = await hubFor(t);
    const central = adapter(hub.url);
    const first = await parcelOf('a');
    await central.deliver(first, signal);
    const { body, checksum } = await parcelOf('b');
    const other: Parcel = { ...first, body, checksum };
    assert.equal((await central.deliver(other, signal)).kind, 'rejected');
    assert.equal(await central.reconcile(other, signal), 'undecided');
  });

  it('asks for the operator when the token is wrong, missing or not readable, and never shows it', async (t) => {
    const hub = await hubFor(t);
    const parcel = await parcelOf('a');
    const wrong = await adapter(hub.url, () => 'a-token-of-nobody').deliver(parcel, signal);
    assert.equal(wrong.kind, 'tell-operator');
    assert.doesNotMatch(JSON.stringify(wrong), /a-token-of-nobody/);
    const other = await adapter(hub.url, () => tokenOf.there).deliver(parcel, signal);
    assert.equal(other.kind, 'tell-operator');
    const config = { id: 'centre', kind: 'hub' as const, url: hub.url, requests: true };
    for (const source of [{ tokenEnv: 'BHTOM_EDGE_NO_SUCH_TOKEN' }, { tokenFile: '/no/such/file' }]) {
      const outcome = await adapter(hub.url, tokenSource({ ...config, ...source })).deliver(parcel, signal);
      assert.equal(outcome.kind, 'tell-operator');
    }
  });

  it('retries what may pass, and waits as long as it is asked to', async (t) => {
    for (const status of [408, 425, 429, 502, 503, 504]) {
      const outcome = await outcomeOf(t, answering(status, '', { 'retry-after': '7' }));
      assert.deepEqual(outcome, {
        kind: 'retry-later',
        scope: 'destination',
        reason: `something before the hub answered HTTP ${status}`,
        waitMs: 7000,
      });
    }
    const failed = await outcomeOf(t, answering(500, refusal('INTERNAL')));
    assert.deepEqual(failed, { kind: 'retry-later', scope: 'parcel', reason: 'because' });
  });

  it('gives up what the hub refuses, but nothing that only a stranger refuses', async (t) => {
    assert.deepEqual(await outcomeOf(t, answering(400, refusal('INVALID'))), { kind: 'rejected', reason: 'because' });
    const tooLarge = await outcomeOf(t, answering(413, '<html>nginx</html>'));
    assert.deepEqual([tooLarge.kind, 'scope' in tooLarge && tooLarge.scope], ['retry-later', 'parcel']);
    assert.match(
      'reason' in tooLarge ? tooLarge.reason : '',
      /takes no parcel of \d+ kB \(HTTP 413\): raise its limit/,
    );
    assert.equal((await outcomeOf(t, answering(413, refusal('TOO_LARGE')))).kind, 'rejected');
    assert.equal((await outcomeOf(t, answering(404, '<html>not here</html>'))).kind, 'retry-later');
    assert.equal((await outcomeOf(t, answering(400, '{}'))).kind, 'retry-later');
  });

  it('takes nothing for a receipt that is not one', async (t) => {
    const parcel = await parcelOf('a');
    const receipt = {
      outcome: 'accepted',
      key: parcel.key,
      revision: parcel.revision,
      checksum: parcel.checksum,
      receivedAt: '2026-11-22T21:00:00Z',
    };
    assert.deepEqual(await outcomeOf(t, answering(200, JSON.stringify(receipt))), { kind: 'accepted' });
    for (const body of [
      '',
      'OK',
      '<html>please log in</html>',
      JSON.stringify({ ...receipt, checksum: sha256('another') }),
      JSON.stringify({ ...receipt, key: 'another' }),
    ]) {
      assert.equal((await outcomeOf(t, answering(200, body))).kind, 'retry-later', body);
    }
  });

  it('does not follow the hub to another address with its token', async (t) => {
    const outcome = await outcomeOf(t, answering(307, '', { location: 'http://elsewhere.invalid/' }));
    assert.equal(outcome.kind, 'tell-operator');
  });

  it('survives a closed port, a broken connection, silence and an answer without end', async (t) => {
    const parcel = await parcelOf('a');
    const closed = await adapter('http://127.0.0.1:1').deliver(parcel, signal);
    assert.equal(closed.kind, 'retry-later');
    const broken = await outcomeOf(t, (request) => request.socket.destroy());
    assert.equal(broken.kind, 'retry-later');
    const silence = await outcomeOf(t, () => undefined, 200);
    assert.equal(silence.kind, 'retry-later');
    const endless = await outcomeOf(t, (_, response) => {
      const more = () => {
        if (!response.destroyed) response.write(Buffer.alloc(16 * 1024, 'a'), more);
      };
      response.writeHead(200);
      more();
    });
    assert.equal(endless.kind, 'retry-later');
  });

  it('can be broken off', async (t) => {
    const stop = new AbortController();
    const central = adapter(await serverFor(t, () => stop.abort()));
    assert.equal((await central.deliver(await parcelOf('a'), stop.signal)).kind, 'retry-later');
  });
});
