import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { reductionWaiter } from '../../../agent/observing/reduction-waiter.ts';
import { checkVisibility } from '../../../agent/observing/visibility.ts';
import { NotNow, VisitAborted } from '../../../agent/observing/visit-errors.ts';
import { consequenceOf } from '../../../agent/observing/visit-faults.ts';
import type { Visit } from '../../../agent/store/visit.ts';
import { Wake } from '../../../base/wake.ts';
import { notConfirmed, refused, silent } from '../../../drivers/errors.ts';
import { limits, nightMs, place, Site } from '../../support/robotic-site.ts';
import { AcceptedRequests, startUnit } from '../../support/robotic-unit.ts';
import { settle } from '../../support/settle.ts';
import { requestFor } from '../../support/visits.ts';

const order = (id = 'request-1') => ({ destination: 'hub', instrument: 'main', request: requestFor({ id }) });

async function running(site = new Site(), ...choices: Parameters<Site['start']>) {
  const program = site.start(...choices);
  await setImmediate();
  await site.clock.advance(10_000);
  return { site, ...program };
}

for (const [what, happens, reason] of [
  ['the drive of the mount stops', (site: Site) => site.observatory.mount.byHand('still'), /still/],
  ['the roof is closed by hand', (site: Site) => site.observatory.dome.byHand('closed'), /roof is not open/],
  [
    'the mount repeats an old word',
    (site: Site) => {
      site.observatory.faults.set('mount.read', { kind: 'frozen' });
      void site.observatory.mount.read();
    },
    /last word/,
  ],
] as const) {
  test(`when ${what} in mid-visit, no further exposure begins and the visit is not completed`, async () => {
    const { site, executor, stop } = await running();
    const visit = executor.execute(order());
    await setImmediate();
    while (site.camera.exposures < 1) await site.clock.advance(1000);
    happens(site);
    const result = await settle(site.clock, visit);
    assert.equal(result?.state, 'ABORTED');
    assert.match(result.reason, reason);
    assert.equal(site.camera.exposures, 1);
    await stop();
  });
}

test('a request whose visits are spoilt by a device again and again ends FAILED, with one alarm', async () => {
  const { site, executor, stop } = await running();
  site.observatory.faults.set('mount.slewTo', { kind: 'fails' });
  const states: string[] = [];
  for (let k = 0; k < 6; k++) states.push((await settle(site.clock, executor.execute(order())))!.state);
  assert.deepEqual(states, ['ABORTED', 'ABORTED', 'ABORTED', 'ABORTED', 'ABORTED', 'FAILED']);
  assert.match(site.rows.rows.at(-1)!.result!.reason, /given up after 6 visits/);
  assert.equal(site.alarms.length, 1);
  await stop();
});

test('rain is never counted against a request', async () => {
  const { site, executor, stop } = await running();
  for (let k = 0; k < 10; k++) {
    site.observatory.weather.turn({ rain: true });
    await site.clock.advance(10_000);
    assert.equal((await settle(site.clock, executor.execute(order())))!.state, 'ABORTED');
  }
  assert.equal(executor.holdOff.leftMs, 0);
  assert.equal(site.rows.faults(order()), 0);
  await stop();
});

test('the table: what is repeated, what ends at once, what calls a person', () => {
  const of = (error: unknown) => {
    const { state, counts, alarm } = consequenceOf(error);
    return [state, counts, alarm];
  };
  assert.deepEqual(of(new VisitAborted('rain')), ['ABORTED', false, 'never']);
  assert.deepEqual(of(new NotNow('low')), ['ABORTED', false, 'never']);
  assert.deepEqual(of(silent('The mount')), ['ABORTED', true, 'when it repeats']);
  assert.deepEqual(of(refused('The mount', 'no')), ['FAILED', true, 'never']);
  assert.deepEqual(of(notConfirmed('The mount', 'parks', 1, '')), ['ABORTED', true, 'at once']);
  assert.deepEqual(of(new TypeError('a fault of ours')), ['FAILED', true, 'at once']);
});

test('an hour of a disconnected camera costs few visits and one alarm, and the safety loop keeps its time', async () => {
  const site = new Site();
  const { clock, observatory } = site;
  observatory.faults.set('camera.read', { kind: 'fails' });
  const requests = new AcceptedRequests(site);
  requests.all.push(...Array.from({ length: 100 }, (_, k) => requestFor({ id: `r${k}` })));
  const { unit, safety, alarms } = startUnit(site, requests);
  const polls = observatory.faults.calls('weather.read');
  for (let s = 0; s < 3600; s++) {
    await setImmediate();
    await clock.advance(1000);
  }
  const visits = site.rows.rows.length;
  assert.ok(visits >= 4 && visits <= 20, `${visits} visits`);
  assert.equal(alarms.length, 1, alarms.join('\n'));
  assert.ok(observatory.faults.calls('weather.read') - polls >= 700, 'every five seconds');
  await settle(clock, safety.stop());
  await settle(clock, unit.stop());
});

test('a request that kills the program each time ends with the reason', async () => {
  const site = new Site();
  const states: string[] = [];
  for (let lives = 0; lives < 20; lives++) {
    const visit = site.rows.claim(order());
    if (visit === undefined) break;
    site.rows.resumed(visit.id); // killed, taken up again, and killed again
    const { executor, stop } = site.start();
    const [result] = await settle(site.clock, executor.recover());
    states.push(result!.state);
    await stop();
  }
  assert.deepEqual(states, ['ABORTED', 'FAILED']);
  assert.match(site.rows.rows.at(-1)!.result!.reason, /program ended in the middle/);
});

test('a frame without a word on the target never completes a request', async () => {
  const told: Record<string, { outcome?: string; target?: object }> = {
    empty: { outcome: 'no stars' },
    blind: { outcome: 'reduced', target: { name: 'Target', flux: null, limit: null, verdict: 'outside' } },
    seen: { outcome: 'reduced', target: { name: 'Target', flux: 12, limit: null, verdict: 'new' } },
    limit: { outcome: 'reduced', target: { name: 'Target', flux: null, limit: 18.2, verdict: 'nothing' } },
  };
  const site = new Site();
  const waiter = reductionWaiter(
    {
      frames: { byExposure: () => [{ state: 'reduced', reason: null }] },
      visits: { reductionOf: (exposureId: string) => told[exposureId] },
    } as unknown as Parameters<typeof reductionWaiter>[0],
    new Wake(),
    site.clock,
  );
  const visit = { order: order() } as Visit;
  const frames = Object.keys(told).map((exposureId, k) => ({ number: k + 1, file: '', exposureId }));
  const outcomes = await waiter.wait(visit, frames, new AbortController().signal);
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['unmeasured', 'unmeasured', 'measured', 'measured'],
  );
  const { executor, stop } = await running(site, () => ({
    reductions: { wait: async (_visit, all) => all.map(() => ({ state: 'unmeasured', reason: 'no stars' }) as const) },
  }));
  const result = await settle(site.clock, executor.execute(order()));
  assert.equal(result?.state, 'FAILED');
  assert.match(result.reason, /frame 1 was unmeasured: no stars/);
  await stop();
});

test('a request is judged over the whole of its execution', () => {
  const request = requestFor({
    target: { name: 'T', raDeg: 350, decDeg: 10 },
    constraints: { maxAirmass: 5, minLunarDistanceDeg: 0 },
  });
  const lastMs = [...Array(600).keys()]
    .map((k) => nightMs + k * 60_000)
    .findLast((atMs) => checkVisibility(request, place, atMs, limits, 1).ok)!;
  assert.ok(lastMs > nightMs, 'it sets in this night');
  assert.equal(checkVisibility(request, place, lastMs, limits, 1).ok, true);
  const whole = checkVisibility(request, place, lastMs, limits);
  assert.equal(whole.ok, false, 'possible at its start, not to its end');
});
