import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exportFormats } from '../../../../agent/exports/formats.ts';
import { bandNamed, limitOf17, pointOf } from '../../../support/export-points.ts';
import { withAll, withPrograms, withPython } from '../../../support/outside.ts';
import { temporaryFolder } from '../../../support/parcels.ts';

const points = [
  pointOf(),
  pointOf({ ...limitOf17, mjdMid: 60_000.5, band: bandNamed('r'), airmass: undefined }),
  pointOf({ target: 'V404 Cyg, "the black hole"', mjdMid: 60_001.123_456_789 }),
];
const needs = { software: 'bhtom-edge 1.0' };

/** What astropy makes of a table, and of the times by its own astrometry. */
const reader = `
import json, sys
import numpy as np
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.table import Table
from astropy.time import Time
from astropy.utils import iers
iers.conf.auto_download = False
import logging
logging.getLogger('astropy').setLevel('ERROR')
table = Table.read(sys.argv[1], **({'hdu': 'POINTS'} if sys.argv[1].endswith('.fits') else {}))
blank = lambda name: [bool(b) for b in np.ma.getmaskarray(table[name]) | ~np.isfinite(np.ma.filled(table[name], np.nan))]
time = Time(table['mjd_mid'], format='mjd', scale='utc', location=EarthLocation.from_geocentric(0, 0, 0, 'm'))
star = SkyCoord(table['ra'], table['dec'], unit='deg')
bjd = (time.tdb + time.light_travel_time(star)).jd
text = lambda name: [v.decode() if isinstance(v, bytes) else str(v) for v in table[name]]
print(json.dumps({
    'targets': text('target'), 'bands': text('band'), 'units': [str(table[n].unit) for n in ('mjd_mid', 'mag', 'ra', 'exposure')],
    'noMag': blank('mag'), 'noLimit': blank('limit'), 'noAirmass': blank('airmass'),
    'mag': float(table['mag'][0]), 'limit': float(table['limit'][1]), 'mjd': float(table['mjd_mid'][2]),
    'bjdOffS': float(np.max(np.abs(bjd - np.asarray(table['bjd_tdb'])))) * 86400,
}))
`;

describe('tables of points that astropy reads', () => {
  for (const name of ['ecsv', 'fits'] as const)
    it(`are whole as ${name}: names, units, blanks, times`, withPython('astropy', 'numpy'), (t) => {
      const file = join(temporaryFolder(t), `points.${exportFormats[name].extension}`);
      writeFileSync(file, exportFormats[name].write(points, needs).content);
      const read = JSON.parse(execFileSync('/usr/bin/python3', ['-c', reader, file], { encoding: 'utf8' }));
      const { bjdOffS, ...rest } = read;
      assert.deepEqual(rest, {
        ...{ targets: points.map(({ target }) => target), bands: ['GaiaSP/V', 'GaiaSP/r', 'GaiaSP/V'] },
        ...{ units: ['d', 'mag', 'deg', 's'], noMag: [false, true, false], noLimit: [true, false, true] },
        ...{ noAirmass: [false, true, false], mag: 11.2345, limit: 17.5, mjd: 60_001.123_456_789 },
      });
      // The tolerance of the times themselves (against-astropy.test.ts); the table adds 40 microseconds, a double's step.
      assert.ok(bjdOffS < 0.05, `${bjdOffS} s from astropy`);
    });

  it('have nothing that fitsverify warns of', withAll(withPrograms('fitsverify')), (t) => {
    const file = join(temporaryFolder(t), 'points.fits');
    writeFileSync(file, exportFormats.fits.write(points, needs).content);
    assert.match(execFileSync('fitsverify', [file], { encoding: 'utf8' }), /found 0 warning\(s\) and 0 error\(s\)/);
  });
});
