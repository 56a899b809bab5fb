import type { Clock } from '../../../../base/clock.ts';
import type { SimulatedMount } from '../../../../drivers/simulator/mount.ts';
import { j2000OfDate, ofDateOfJ2000 } from '../../../../sky/equinox.ts';
import type { Site } from '../../../../sky/site.ts';
import type { SkyPosition } from '../../../../sky/sphere.ts';
import { AlpacaFault, acts, faults, type Given, type Members, reads, UnderWay } from '../members.ts';
import type { Quirk } from '../quirks.ts';

const position = { RightAscension: 'number', Declination: 'number' } as const;

/** A mount that speaks of the equator and equinox of the date. */
export function telescope(mount: SimulatedMount, site: Site, clock: Clock, quirks: ReadonlySet<Quirk>): Members {
  const moving = new UnderWay();
  const told = { latitude: site.latitudeDeg, longitude: site.longitudeDeg, elevation: site.heightM };
  const state = async () => (await mount.read()).value;
  const ofDate = async () => ofDateOfJ2000(await state(), clock.nowMs());
  const given = (parameters: Given): SkyPosition => {
    const [raHours, decDeg] = [parameters.number('RightAscension'), parameters.number('Declination')];
    if (raHours < 0 || raHours >= 24 || Math.abs(decDeg) > 90)
      throw new AlpacaFault(faults.invalidValue, 'no such position');
    return j2000OfDate({ raDeg: raHours * 15, decDeg }, clock.nowMs());
  };
  const requireFree = async () => {
    if ((await state()).motion === 'parked') throw new AlpacaFault(faults.parked, 'the mount is parked');
  };
  return {
    equatorialsystem: reads(() => 1),
    canslewasync: reads(() => true),
    cansync: reads(() => true),
    cansettracking: reads(() => true),
    cansetpierside: reads(() => true),
    canpark: reads(() => true),
    canunpark: reads(() => true),
    rightascension: reads(async () => (await ofDate()).raDeg / 15),
    declination: reads(async () => (await ofDate()).decDeg),
    altitude: reads(async () => (await state()).horizontal?.altitudeDeg),
    azimuth: reads(async () => (await state()).horizontal?.azimuthDeg),
    slewing: reads(async () => (await state()).motion === 'slewing'),
    atpark: reads(async () => (await state()).motion === 'parked'),
    tracking: {
      ...reads(async () => (await state()).motion === 'tracking'),
      ...acts(
        async (parameters) => {
          await requireFree();
          await moving.begin((command) => mount.setTracking(parameters.flag('Tracking'), command));
        },
        { Tracking: 'boolean' },
      ),
    },
    sideofpier: {
      ...reads(async () => ({ east: 0, west: 1, unknown: -1 })[(await state()).pierSide]),
      ...acts(
        (parameters) => {
          const side = (['east', 'west'] as const)[parameters.number('SideOfPier')];
          if (!side) throw new AlpacaFault(faults.invalidValue, 'no such side');
          return moving.begin((command) => mount.flip(side, command));
        },
        { SideOfPier: 'integer' },
      ),
    },
    slewtocoordinatesasync: acts(async (parameters) => {
      if (quirks.has('slews say Ok and do nothing')) return;
      const goal = given(parameters);
      await requireFree();
      await moving.begin((command) => mount.slewTo(goal, command));
    }, position),
    synctocoordinates: acts(async (parameters) => {
      const goal = given(parameters);
      await moving.begin((command) => mount.sync(goal, command));
    }, position),
    abortslew: acts(async () => {
      await requireFree();
      moving.end();
      await new UnderWay().begin((command) => mount.stop(command));
    }),
    park: acts(() => moving.begin((command) => mount.park(command))),
    unpark: acts(() => moving.begin((command) => mount.unpark(command))),
    sitelatitude: {
      ...reads(() => told.latitude),
      ...acts((parameters) => (told.latitude = parameters.number('SiteLatitude')), { SiteLatitude: 'number' }),
    },
    sitelongitude: {
      ...reads(() => told.longitude),
      ...acts((parameters) => (told.longitude = parameters.number('SiteLongitude')), { SiteLongitude: 'number' }),
    },
    siteelevation: {
      ...reads(() => told.elevation),
      ...acts((parameters) => (told.elevation = parameters.number('SiteElevation')), { SiteElevation: 'number' }),
    },
    utcdate: { ...reads(() => new Date(clock.nowMs()).toISOString()), ...acts(() => undefined, { UTCDate: 'text' }) },
  };
}
