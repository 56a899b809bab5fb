import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { siteDriversSchema, telescopeDriversSchema } from '../../../config/sections/drivers.ts';

const ccd = { kind: 'indi', devices: { camera: 'CCD Simulator' } };

describe('the drivers of a configuration', () => {
  it('take devices of an INDI server by their names', () => {
    assert.deepEqual(telescopeDriversSchema.parse([ccd]), [
      { kind: 'indi', host: 'localhost', port: 7624, devices: { camera: 'CCD Simulator' } },
    ]);
  });

  it('take Alpaca devices by number where the host is told, by UniqueID anywhere', () => {
    const of = (host: string | undefined, camera: object) =>
      telescopeDriversSchema.safeParse([{ kind: 'alpaca', host, devices: { camera } }]);
    assert.deepEqual(of('windows', { number: 35834 }).data, [
      { kind: 'alpaca', host: 'windows', port: 11111, devices: { camera: { number: 35834 } } },
    ]);
    assert.ok(of(undefined, { uniqueId: 'abc' }).success);
    assert.match(String(of(undefined, { number: 0 }).error), /needs the host/);
    assert.equal(of('windows', {}).success, false);
  });

  it('take a capability from one driver only', () => {
    const twice = telescopeDriversSchema.safeParse([ccd, { kind: 'simulator', provides: ['camera'] }]);
    assert.match(String(twice.error), /camera.+is provided by another driver already/);
    assert.ok(telescopeDriversSchema.safeParse([ccd, { kind: 'simulator', provides: ['mount'] }]).success);
  });

  it('name what a site shares apart from what a telescope has', () => {
    assert.equal(siteDriversSchema.safeParse([{ kind: 'indi', devices: { camera: 'CCD' } }]).success, false);
    assert.ok(siteDriversSchema.safeParse([{ kind: 'indi', devices: { dome: 'Dome Simulator' } }]).success);
    assert.equal(siteDriversSchema.safeParse([{ kind: 'indi', devices: {} }]).success, false);
  });
});
