import { RetryLater } from '../../../base/errors.ts';
import type { TextTable } from '../../../pipeline/tables/read-csv.ts';
import type { HttpClient } from '../../centres/http.ts';
import { columnsOfText, starsOfColumns } from '../columns.ts';
import { type Cone, type ConeAnswer, checkedCone, type StarService } from './cone.ts';
import { glimpse, readVotable, type ServiceTable } from './votable.ts';

/** What is wanted of I/355/gaiadr3, by VizieR's names. */
export const mainColumns = [
  ...['Source', 'RA_ICRS', 'DE_ICRS', 'pmRA', 'pmDE', 'RUWE', 'VarFlag', 'NSS'],
  ...['Gmag', 'e_Gmag', 'BPmag', 'e_BPmag', 'RPmag', 'e_RPmag'],
];
/** And of I/360/syntphot. */
export const syntheticColumns = ['U', 'B', 'V', 'R', 'I', 'u', 'g', 'r', 'i', 'z'].flatMap((band) => [
  ...[`${band}mag`, `F${band}`, `e_F${band}`, `${band}Flag`],
]);

/** VizieR's own interface (ASU: Astronomical Standardised URL) at CDS or one of its mirrors. */
export interface VizierService {
  readonly id: string;
  /** Base address, above `/viz-bin`. */
  readonly url: string;
}

/**
 * Gaia DR3 by VizieR: I/355/gaiadr3 and I/360/syntphot, joined here on Source. VizieR sends 50 rows unless told
 * otherwise and does not say that there are more: one row more than wanted is asked for.
 */
export function gaiaVizier(service: VizierService, http: HttpClient): StarService {
  async function ask(source: string, columns: readonly string[], cone: Cone, rows: number, signal: AbortSignal) {
    const { raDeg, decDeg, radiusDeg, depthMag } = cone;
    const query = new URLSearchParams([
      ['-source', source],
      ['-c', `${raDeg.toFixed(6)} ${decDeg < 0 ? '' : '+'}${decDeg.toFixed(6)}`],
      ['-c.rd', radiusDeg.toFixed(5)],
      ['-out', columns.join(',')],
      ['-out.max', String(rows)],
      ...(source === 'I/355/gaiadr3'
        ? [
            ['Gmag', `<${depthMag}`],
            ['-sort', 'Gmag'],
          ]
        : [['-sort', 'Source']]),
    ] as [string, string][]);
    const { status, body } = await http.get(`${service.url}/viz-bin/votable?${query}`, signal);
    if (status !== 200)
      throw new RetryLater('SERVICE_ERROR', `${service.url} answered with HTTP ${status}: ${glimpse(body)}`);
    return readVotable(body, service.url);
  }

  return {
    id: service.id,
    hasAllBands: true,
    async cone(cone: Cone, maxStars: number, signal: AbortSignal): Promise<ConeAnswer> {
      const main = await ask('I/355/gaiadr3', mainColumns, cone, maxStars + 1, signal);
      const rows = syntheticRows(maxStars);
      const synthetic = await ask('I/360/syntphot', ['Source', ...syntheticColumns], cone, rows, signal);
      if (synthetic.overflow || synthetic.table.rows >= rows) {
        throw new RetryLater('SERVICE_TRUNCATED', `${service.url} has more synthetic photometry there than it sends.`);
      }
      const stars = starsOfColumns(columnsOfText(joined(main, synthetic), service.url));
      return checkedCone(stars, cone, main.overflow || main.table.rows > maxStars, service.url);
    },
  };
}

/** Synthetic photometry goes to G 17.65 whatever depth is asked for. */
function syntheticRows(maxStars: number): number {
  return 4 * maxStars;
}

/** The columns of both tables; blank where a star has no synthetic photometry. */
function joined({ table: main }: ServiceTable, { table: synthetic }: ServiceTable): TextTable {
  const rowOf = new Map(synthetic.columns.get('Source')?.map((source, row) => [source, row]));
  const columns = new Map(main.columns);
  for (const name of synthetic.names) {
    if (name === 'Source') continue;
    const cells = synthetic.columns.get(name)!;
    const own = main.columns.get('Source') ?? [];
    columns.set(
      name,
      own.map((source) => cells[rowOf.get(source) ?? -1] ?? ''),
    );
  }
  return { rows: main.rows, names: [...columns.keys()], columns };
}
