import { columnsOfText, starsOfColumns } from '../columns.ts';
import { type Cone, type ConeAnswer, checkedCone, type StarService } from './cone.ts';
import { mainColumns, syntheticColumns } from './gaia-vizier.ts';
import { queryTap, type TapService, type TapTools } from './tap.ts';

/** Where a TAP service keeps Gaia DR3, and how it names things. */
export interface GaiaTapService extends TapService {
  readonly id: string;
  readonly tables: 'archive' | 'archive without synthetic photometry' | 'vizier';
}

const jkc = ['u', 'b', 'v', 'r', 'i'].map((band) => `${band}_jkc`);
const sdss = ['u', 'g', 'r', 'i', 'z'].map((band) => `${band}_sdss`);

const synthetic = [...jkc, ...sdss].flatMap((stem) =>
  ['mag', 'flux', 'flux_error', 'flag'].map((what) => `p.${stem}_${what}`),
);
const main = [
  ...['source_id', 'ra', 'dec', 'ref_epoch', 'pmra', 'pmdec', 'ruwe', 'phot_variable_flag', 'non_single_star'],
  ...['g', 'bp', 'rp'].flatMap((band) => [`phot_${band}_mean_mag`, `phot_${band}_mean_flux_over_error`]),
].map((name) => `g.${name}`);

/**
 * The query for every star of a cone down to a magnitude, brightest first, so that an answer cut at a number of rows is
 * whole down to the magnitude of its last one. At the archive synthetic photometry has no positions of its own.
 */
function coneQuery(tables: GaiaTapService['tables'], cone: Cone, rows: number): string {
  const { columns, joined, ra, dec, g } = tables === 'vizier' ? vizierNames : archiveNames(tables === 'archive');
  const circle = [cone.raDeg.toFixed(6), cone.decDeg.toFixed(6), cone.radiusDeg.toFixed(5)].join(',');
  const inside = `1=CONTAINS(POINT('ICRS',${ra},${dec}),CIRCLE('ICRS',${circle}))`;
  const where = `${inside} AND ${g}<${cone.depthMag}`;
  return ['SELECT TOP', rows, columns.join(','), 'FROM', joined, 'WHERE', where, 'ORDER BY', g].join(' ');
}

/** Columns and tables by one service's names. */
interface GaiaNames {
  readonly columns: readonly string[];
  readonly joined: string;
  readonly ra: string;
  readonly dec: string;
  readonly g: string;
}

function archiveNames(isFull: boolean): GaiaNames {
  const join = ' LEFT JOIN gaiadr3.synthetic_photometry_gspc AS p ON p.source_id=g.source_id';
  return {
    columns: isFull ? [...main, 'p.c_star', ...synthetic] : main,
    joined: `gaiadr3.gaia_source AS g${isFull ? join : ''}`,
    ...{ ra: 'g.ra', dec: 'g.dec', g: 'g.phot_g_mean_mag' },
  };
}

const vizierNames: GaiaNames = {
  columns: [...mainColumns.map((name) => `g."${name}"`), ...syntheticColumns.map((name) => `p."${name}"`)],
  joined: '"I/355/gaiadr3" AS g LEFT OUTER JOIN "I/360/syntphot" AS p ON p."Source"=g."Source"',
  ...{ ra: 'g."RA_ICRS"', dec: 'g."DE_ICRS"', g: 'g."Gmag"' },
};

/** Gaia DR3 by TAP. */
export function gaiaTap(service: GaiaTapService, tools: TapTools): StarService {
  return {
    id: service.id,
    hasAllBands: service.tables !== 'archive without synthetic photometry',
    async cone(cone: Cone, maxStars: number, signal: AbortSignal): Promise<ConeAnswer> {
      const adql = coneQuery(service.tables, cone, maxStars + 1);
      const { table, overflow } = await queryTap(service, adql, maxStars + 1, tools, signal);
      const stars = starsOfColumns(columnsOfText(table, service.url));
      return checkedCone(stars, cone, overflow || table.rows > maxStars, service.url);
    },
  };
}
