import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nightAt, nightOfDate } from '../../../../agent/planning/plan.ts';
import { SiteSky, TargetSky } from '../../../../sky/site-sky.ts';
import { candidate, darkNight, planned } from '../../../support/planning.ts';
import { place } from '../../../support/robotic-site.ts';

const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Far in the south: 20 deg high at best. */
const low = { raDeg: 31, decDeg: -20 };
const namesOf = (plan: ReturnType<typeof planned>) => plan.visits.map(({ name }) => name);

describe('a plan', () => {
  it('has no two visits at a time, none outside the night, and what it tells of the sky is so', () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      candidate(`T${i}`, { position: { raDeg: 20 * i, decDeg: 5 * i } }),
    );
    const { visits } = planned(many);
    assert.ok(visits.length >= 8);
    visits.forEach((visit, i) => {
      assert.ok(visit.startMs >= (visits[i - 1]?.endMs ?? darkNight.startMs) && visit.endMs <= darkNight.endMs);
      const truth = new TargetSky(new SiteSky(place, visit.startMs), visit.position);
      assert.ok(Math.abs(truth.altitudeDeg - visit.altitudeDeg) < 1 / 3600);
      assert.ok(visit.altitudeDeg >= 25);
    });
  });

  it('is the same for the same input, whatever was planned before', () => {
    const some = [candidate('A'), candidate('B', { position: { raDeg: 90, decDeg: 30 } })];
    assert.deepEqual(planned(some), planned(some));
  });

  it('leaves out with its reason what stands behind the horizon of the site, and keeps what stands before it', () => {
    const south = candidate('southern', { position: { raDeg: 31, decDeg: -5 } });
    const north = candidate('northern', { position: { raDeg: 250, decDeg: 85 } });
    const horizon: [number, number][] = [
      [80, 10],
      [90, 50],
      [270, 50],
      [280, 10],
    ];
    const plan = planned([south, north], { horizon });
    assert.deepEqual(namesOf(plan), ['northern']);
    assert.match(
      plan.leftOut[0]!.why,
      /^at its highest in the dark, at \d\d:\d\d UTC, the target stands at 3\d\.\d deg at azimuth 1[78]\d deg, behind the horizon of this site, which reaches up to 50\.0 deg there$/,
    );
    assert.deepEqual(namesOf(planned([south])), ['southern']);
  });

  it('tells of the altitude of what stays too low, and of the airmass of what a request does not allow', () => {
    const strict = candidate('strict', { allowed: { maxAirmass: 1.001, minLunarDistanceDeg: 0 } });
    const { leftOut } = planned([candidate('low', { position: low }), strict]);
    assert.match(leftOut[0]!.why, /the target stands at (19|20)\.\d deg; this site observes above 25 deg/);
    assert.match(leftOut[1]!.why, /the airmass is 1\.00; the request allows 1\.001/);
  });

  it('takes a rapid response first, though others are of greater merit', () => {
    const rapid = candidate('rapid', { urgency: 'RAPID_RESPONSE', priority: 0 });
    const plan = planned([candidate('dear', { priority: 1 }), rapid]);
    assert.deepEqual(namesOf(plan), ['rapid', 'dear']);
    assert.match(
      plan.visits[0]!.why,
      /^a rapid response goes before all others; the only one whose time it is: priority 0 of 100/,
    );
  });

  it('takes what is critical in time in the order in which windows close, before what can wait', () => {
    const closing = (hours: number) => [{ startMs: darkNight.startMs, endMs: darkNight.startMs + hours * hourMs }];
    const late = candidate('late', { urgency: 'TIME_CRITICAL', windows: closing(5), priority: 1 });
    const soon = candidate('soon', { urgency: 'TIME_CRITICAL', windows: closing(4), priority: 0 });
    assert.deepEqual(namesOf(planned([candidate('dear', { priority: 1 }), late, soon])), ['soon', 'late', 'dear']);
  });

  it('takes the greater priority first of two that are otherwise alike', () => {
    const plan = planned([candidate('less', { priority: 0.2 }), candidate('more', { priority: 0.9 })]);
    assert.deepEqual(namesOf(plan), ['more', 'less']);
    assert.match(plan.visits[0]!.why, /priority 90 of 100, airmass 1\.\d\d \(at best 1\.00 tonight\)/);
  });

  it('takes what sets before what stays', () => {
    const setting = candidate('setting', { position: { raDeg: 320, decDeg: 10 } });
    const staying = candidate('staying', { position: { raDeg: 70, decDeg: 30 } });
    assert.deepEqual(
      namesOf(planned([staying, setting], {}, { ...darkNight, startMs: darkNight.startMs + 2.5 * hourMs })),
      ['setting', 'staying'],
    );
  });

  it('lets a rising target wait until it stands well while there is time, and takes it as it comes when there is none', () => {
    const rising = candidate('rising', { position: { raDeg: 100, decDeg: 45 } });
    const airmassOf = (plan: ReturnType<typeof planned>) => plan.visits.find(({ name }) => name === 'rising')!.airmass;
    assert.ok(airmassOf(planned([rising])) < 1.2, `${airmassOf(planned([rising]))}`);
    const others = Array.from({ length: 60 }, (_, i) =>
      candidate(`other ${i}`, { priority: 0.1, position: { raDeg: 100, decDeg: 44 } }),
    );
    assert.ok(airmassOf(planned([rising, ...others])) > 1.5);
    const urgent = planned([{ ...rising, urgency: 'RAPID_RESPONSE' }]);
    assert.ok(airmassOf(urgent) > 1.5);
  });

  it('keeps visits within their windows', () => {
    const window = { startMs: Date.UTC(2026, 10, 22, 21), endMs: Date.UTC(2026, 10, 22, 21, 30) };
    const [visit] = planned([candidate('windowed', { windows: [window] })]).visits;
    assert.ok(visit!.startMs >= window.startMs && visit!.endMs <= window.endMs);
    const shut = { startMs: window.startMs, endMs: window.startMs + 5 * 60_000 };
    assert.match(
      planned([candidate('shut', { windows: [shut] })]).leftOut[0]!.why,
      /none of its windows is open then for the 10 min/,
    );
  });

  it('observes by cadence: not before it is due, and again in the same night when it is short', () => {
    const sinceMs = darkNight.startMs - 1 * dayMs;
    const plan = planned([
      candidate('early', { cadenceDays: 3, lastObservedMs: sinceMs }),
      candidate('daily', { cadenceDays: 1, lastObservedMs: sinceMs }),
    ]);
    assert.deepEqual(namesOf(plan), ['daily']);
    assert.match(
      plan.leftOut[0]!.why,
      /observed on 2026-11-21 17:00 UTC and wanted every 3 days: due from 2026-11-24 05:00 UTC on/,
    );
    const { visits } = planned([candidate('series', { cadenceDays: 0.1 })]);
    assert.ok(visits.length >= 3);
    for (const [i, { startMs }] of visits.slice(1).entries())
      assert.ok(startMs - visits[i]!.endMs >= 0.09 * dayMs && startMs - visits[i]!.endMs < 0.1 * dayMs);
  });

  it('says who took the time of what could be observed', () => {
    const span = { startMs: darkNight.startMs + 3 * hourMs, endMs: darkNight.startMs + 3 * hourMs + 15 * 60_000 };
    const { leftOut } = planned([candidate('A', { priority: 0.9 }), candidate('B')], {}, span);
    assert.match(
      leftOut[0]!.why,
      /^a visit could begin from 20:00 UTC to 20:05 UTC, but the time goes to others; at 20:00 UTC A went before it$/,
    );
  });

  it('keeps a visit from crossing the meridian where the mount cannot', () => {
    const { visits } = planned([candidate('series', { cadenceDays: 0.02 })], { meridianMarginMin: 20 });
    const angles = visits.map(({ position, startMs, endMs }) =>
      [startMs, endMs].map((ms) => new TargetSky(new SiteSky(place, ms), position).hourAngleDeg),
    );
    // 20 minutes are 5.01 degrees of the sky.
    assert.ok(
      angles.every(([from, to]) => to! < -5 || from! > 5),
      JSON.stringify(angles),
    );
    assert.ok(angles.some(([, to]) => to! < 0) && angles.some(([from]) => from! > 0));
    const long = candidate('long', {
      windows: [{ startMs: Date.UTC(2026, 10, 22, 20, 30), endMs: Date.UTC(2026, 10, 22, 20, 50) }],
    });
    assert.deepEqual(namesOf(planned([long])), ['long']);
    assert.deepEqual(namesOf(planned([long], { meridianMarginMin: 20 })), []);
  });

  it('keeps the reason of what this telescope cannot do at all', () => {
    const { leftOut } = planned([candidate('faint', { obstacle: 'too faint' })]);
    assert.deepEqual(leftOut, [{ kind: 'target', source: 'site', id: 'faint', name: 'faint', why: 'too faint' }]);
  });

  it('says that the Sun does not go down where it does not', () => {
    const june = { startMs: Date.UTC(2026, 5, 21, 20), endMs: Date.UTC(2026, 5, 22, 1) };
    const { leftOut } = planned([candidate('T')], { maxSunAltitudeDeg: -18 }, june);
    assert.match(leftOut[0]!.why, /the Sun stands at -16\.\d deg at the lowest; this site observes below -18 deg/);
  });
});

describe('the night of a plan', () => {
  it('is the one under way, or else the next, or that of a date', () => {
    const sunset = (ms: number) => new Date(nightAt(place, ms).night.sunsetMs!).toISOString().slice(0, 10);
    assert.equal(sunset(Date.UTC(2026, 10, 22, 12)), '2026-11-22');
    assert.equal(sunset(Date.UTC(2026, 10, 22, 22)), '2026-11-22');
    assert.equal(sunset(Date.UTC(2026, 10, 23, 3)), '2026-11-22');
    assert.equal(sunset(Date.UTC(2026, 10, 23, 8)), '2026-11-23');
    const { span } = nightAt(place, Date.UTC(2026, 10, 23, 3));
    assert.equal(span.startMs, Date.UTC(2026, 10, 23, 3));
    for (const longitudeDeg of [-170, -70, 20, 150, 179]) {
      const { night } = nightOfDate({ ...place, longitudeDeg }, Date.UTC(2026, 10, 22));
      const localSunset = new Date(night.sunsetMs! + (longitudeDeg / 360) * dayMs).toISOString();
      assert.match(localSunset, /^2026-11-22T1[56]/, `${longitudeDeg}`);
    }
  });
});
