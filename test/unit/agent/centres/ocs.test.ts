import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isWanted,
  observationIdOf,
  requestIdOf,
  requestOf,
  scheduledObservation,
} from '../../../../agent/centres/ocs/observation.ts';
import { statusChanges } from '../../../../agent/centres/ocs/status-report.ts';
import type { UnreportedRequest } from '../../../../agent/store/requests.ts';
import { configurationOf, scheduled } from '../../../support/fake-portal.ts';

const names = { instruments: { xx01: 'main' }, filters: { rp: 'r' } };
const read = (changes: object = {}) => scheduledObservation.parse(scheduled(5, { ...changes }));
const requestFrom = (changes: object = {}) => {
  const result = requestOf(read(changes), names);
  assert.ok('request' in result, JSON.stringify(result));
  return result.request;
};
const refusalOf = (changes: object) => {
  const result = requestOf(read(changes), names);
  return 'refusal' in result ? result.refusal : assert.fail('it was taken');
};
const target = { name: 'x', type: 'ICRS', ra: 10, dec: 20 };

describe('an observation that a portal has scheduled', () => {
  it('is a request of this site, with its names of filter and instrument and its block as the window', () => {
    const { constraints, ...request } = requestFrom();
    assert.deepEqual(request, {
      ...{ id: 'ocs-5', name: 'microlensing', observationType: 'NORMAL', priority: 90, test: false },
      target: { name: 'Gaia20fnr', raDeg: 34.3217, decDeg: 8.7, epochYear: 2000 },
      instrumentConfigs: [{ filter: 'r', exposureS: 60, exposureCount: 3, binning: 2 }],
      windows: [{ start: '2026-12-01T20:00:00Z', end: '2026-12-01T21:00:00Z' }],
      instrument: 'main',
    });
    assert.deepEqual(constraints, { maxAirmass: 1.6, minLunarDistanceDeg: 30 });
    assert.deepEqual([observationIdOf(requestIdOf(5)), observationIdOf('other-5')], [5, undefined]);
  });

  it('takes the strictest limits of its configurations, and repeats them in their order', () => {
    const config = (filter: string, maxAirmass: number, minDistance: number) =>
      configurationOf(1, {
        constraints: { max_airmass: maxAirmass, min_lunar_distance: minDistance },
        instrument_configs: [{ optical_elements: { filter }, exposure_time: 10, exposure_count: 1 }],
      });
    const request = requestFrom({
      request: { configuration_repeats: 2, configurations: [config('rp', 2, 20), config('gp', 1.4, 45)] },
    });
    assert.deepEqual(
      request.instrumentConfigs.map(({ filter }) => filter),
      ['r', 'gp', 'r', 'gp'],
    );
    assert.deepEqual(request.constraints, { maxAirmass: 1.4, minLunarDistanceDeg: 45 });
  });

  it('that repeats its exposures for a time has as many as fit', () => {
    const [config] = requestFrom({
      configurations: [configurationOf(1, { type: 'REPEAT_EXPOSE', repeat_duration: 1000 })],
    }).instrumentConfigs;
    assert.equal(config!.exposureCount, 15); // 3 x 60 s fit five times
  });

  it('keeps what is urgent, and times without a zone are UTC', () => {
    const rapid = requestFrom({ observation_type: 'RAPID_RESPONSE', start: '2026-12-01T20:00:00', priority: 250 });
    assert.equal(rapid.observationType, 'RAPID_RESPONSE');
    assert.equal(rapid.windows[0]!.start, '2026-12-01T20:00:00Z');
    assert.equal(rapid.priority, 0);
    assert.equal(requestFrom({ observation_type: 'DIRECT' }).observationType, 'NORMAL');
  });

  for (const [what, changes, reason] of [
    ['calibrations', { configurations: [configurationOf(1, { type: 'SKY_FLAT' })] }, /type SKY_FLAT/],
    [
      'orbits',
      { configurations: [configurationOf(1, { target: { ...target, type: 'ORBITAL_ELEMENTS' } })] },
      /ORBITAL/,
    ],
    ['no position', { configurations: [configurationOf(1, { target: { name: 'x', type: 'ICRS' } })] }, /type ICRS/],
    ['two targets', { configurations: [configurationOf(1), configurationOf(2, { target })] }, /several targets/],
    [
      'two cameras',
      { configurations: [configurationOf(1), configurationOf(2, { instrument_name: 'b' })] },
      /instruments/,
    ],
    ['nothing', { configurations: [] }, /no configuration/],
    [
      'an exposure of a day',
      { configurations: [configurationOf(1, { instrument_configs: [{ exposure_time: 86400, exposure_count: 1 }] })] },
      /exposureS/,
    ],
  ] as const) {
    it(`of ${what} is refused with the reason`, () => assert.match(refusalOf(changes), reason));
  }

  it('that must be guided requires what a site has to know, one that may be does not', () => {
    const guided = { guiding_config: { mode: 'ON', optional: false } };
    assert.deepEqual(requestFrom({ configurations: [configurationOf(1, guided)] }).requires, ['guiding']);
    assert.equal(requestFrom().requires, undefined);
  });

  it('is wanted while it waits or runs, and a block kept for a person is not', () => {
    const wanted = (state: string, type = 'NORMAL') => isWanted(read({ state, observation_type: type }));
    assert.deepEqual(
      ['PENDING', 'IN_PROGRESS', 'CANCELED', 'ABORTED', 'COMPLETED', 'FAILED'].map((state) => wanted(state)),
      [true, true, false, false, false, false],
    );
    assert.equal(wanted('PENDING', 'REAL_TIME'), false);
  });
});

describe('what a portal is told', () => {
  const startedAtMs = Date.parse('2026-12-01T20:05:00Z');
  const stands = (changes: Partial<UnreportedRequest>): UnreportedRequest => ({
    ...{ row: 1, id: 'ocs-5', state: 'PENDING', reason: '', answered: 'accept', result: null, step: null },
    ...{ visitId: 'v', visitStartedAtMs: startedAtMs, stateAtMs: startedAtMs + 600_000 },
    ...changes,
  });
  const result = (frames: number) => ({
    ...{ visitId: 'v', measurements: [] },
    exposureIds: Array.from({ length: frames }, (_, k) => `e${k}`),
  });
  const states = (changes: Partial<UnreportedRequest>) =>
    statusChanges(stands(changes), read()).map(({ body }) => body.state);

  it('is nothing while it waits, and the state once something has happened', () => {
    assert.deepEqual(states({}), []);
    assert.deepEqual(states({ answered: 'decline', state: 'NOT_ATTEMPTED', visitId: null }), ['NOT_ATTEMPTED']);
    assert.deepEqual(states({ state: 'IN_PROGRESS' }), ['ATTEMPTED']);
    assert.deepEqual(states({ state: 'ABORTED' }), ['ATTEMPTED']);
    assert.deepEqual(states({ state: 'WINDOW_EXPIRED', visitId: null }), ['NOT_ATTEMPTED']);
    assert.deepEqual(states({ state: 'WINDOW_EXPIRED' }), ['FAILED']);
    assert.deepEqual(states({ state: 'CANCELED', visitId: null }), []);
    assert.deepEqual(states({ state: 'CANCELED' }), ['FAILED']);
    assert.deepEqual(states({ state: 'FAILED', result: result(0) }), ['FAILED']);
    assert.deepEqual(states({ state: 'FAILED', result: result(3) }), ['BAD_DATA'], 'taken, but no good');
  });

  it('has start, end, reason and the seconds of exposure, shared out in the order they were taken', () => {
    const config = (id: number, exposureS: number) =>
      configurationOf(id, {
        instrument_configs: [{ optical_elements: { filter: 'rp' }, exposure_time: exposureS, exposure_count: 3 }],
      });
    const observation = read({ configurations: [config(1, 60), config(2, 10)] });
    const told = statusChanges(stands({ state: 'COMPLETED', result: result(4) }), observation);
    assert.deepEqual(
      told.map(({ id, body }) => [id, body.summary!.time_completed]),
      [
        [1, 180],
        [2, 10],
      ],
    );
    assert.deepEqual(told[0]!.body.summary, {
      ...{ state: 'COMPLETED', reason: '', time_completed: 180, events: [] },
      ...{ start: '2026-12-01T20:05:00.000Z', end: '2026-12-01T20:15:00.000Z' },
    });
    const long = stands({ state: 'FAILED', reason: 'x'.repeat(900) });
    assert.equal(statusChanges(long, observation)[0]!.body.summary!.reason.length, 200);
  });

  it('is not told again once the portal has it for good', () => {
    for (const state of ['COMPLETED', 'FAILED', 'NOT_ATTEMPTED', 'BAD_DATA']) {
      const done = read({ configurations: [configurationOf(1, { state })] });
      assert.deepEqual(statusChanges(stands({ state: 'COMPLETED', result: result(3) }), done), []);
    }
    const attempted = read({ configurations: [configurationOf(1, { state: 'ATTEMPTED' })] });
    assert.deepEqual(statusChanges(stands({ state: 'IN_PROGRESS' }), attempted), []);
    assert.equal(statusChanges(stands({ state: 'COMPLETED', result: result(3) }), attempted).length, 1);
  });
});
