import { join } from 'node:path';
import { type CurvePoint, curvePoints } from '../agent/light-curves/points.ts';
import { astroImageJTable, curveColumns } from '../agent/light-curves/tables.ts';
import { readStore, type Store } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { writeFileDurably } from '../base/durable.ts';
import { fileNameOf } from '../base/file-name.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { lightCurveSvg } from '../pipeline/products/light-curve-svg.ts';
import { toCsv, toEcsv } from '../pipeline/tables/ecsv.ts';
import { UsageError } from './inputs.ts';
import { nearestWords } from './nearest-words.ts';
import { printable } from './printable.ts';

interface Options {
  readonly config: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Writes the light curves of targets out of the database of a site, with what its centres' archives have of them. */
export async function storedLightCurves(names: readonly string[], options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const store = readStore(config.dataDir, systemClock);
  try {
    for (const name of names) await writeCurve(measuredName(name, store), config, store, options);
  } finally {
    store.close();
  }
}

/** A target by its name, whatever its capitals and spaces. */
function measuredName(asked: string, store: Store): string {
  const plain = (name: string) => name.replace(/[\s_-]+/g, '').toLowerCase();
  const names = store.targetPoints.targets().map(({ name }) => name);
  const found = names.find((name) => name === asked) ?? names.find((name) => plain(name) === plain(asked));
  if (found !== undefined) return found;
  const near = nearestWords(asked, names);
  const hint =
    near.length > 0 ? `did you mean ${near.join(', ')}?` : `measured here: ${names.slice(0, 10).join(', ') || 'none'}`;
  throw new UsageError(`no target "${asked}" was measured here: ${hint}`);
}

async function writeCurve(name: string, { site, destinations }: Config, store: Store, options: Options): Promise<void> {
  const points = curvePoints(store, name, site);
  const stem = join(options.out, fileNameOf(name));
  const columns = curveColumns(points);
  const files = {
    csv: `${stem}.csv`,
    ecsv: `${stem}.ecsv`,
    svg: `${stem}.svg`,
    astroImageJ: [] as string[],
    archives: [] as string[],
  };
  await writeFileDurably(files.csv, toCsv(columns));
  await writeFileDurably(files.ecsv, toEcsv(columns, { target: name, site: { ...site } }));
  const byFilter = [...Map.groupBy(points, seriesOf)];
  await writeFileDurably(files.svg, lightCurveSvg(name, byFilter.map(plottedSeries)));
  for (const [series, own] of byFilter) {
    files.astroImageJ.push(`${stem}.${fileNameOf(series)}.tbl`);
    await writeFileDurably(files.astroImageJ.at(-1)!, astroImageJTable(own));
  }
  for (const { id } of destinations) {
    const archive = store.networkTargets.archive(id, name);
    if (!archive?.points) continue;
    files.archives.push(`${stem}.${fileNameOf(id)}.csv`);
    await writeFileDurably(files.archives.at(-1)!, archiveCsv(archive.points, archive.acknowledgement));
    if (archive.acknowledgement) console.error(printable(`${id}: ${archive.acknowledgement}`));
  }
  const nDetections = points.filter(({ mag }) => Number.isFinite(mag)).length;
  if (options.json) console.log(JSON.stringify({ target: name, nPoints: points.length, nDetections, ...files }));
  else console.log(printable(`${name}: ${points.length} points, ${nDetections} detections: ${files.csv}`));
}

/** Points that belong together in a plot: a filter, and a plane of a colour camera. */
const seriesOf = ({ filter, band, plane }: CurvePoint): string =>
  `${filter || band || 'no filter'}${plane === 'mono' ? '' : ` ${plane}`}`;

const plottedSeries = ([filter, points]: readonly [string, readonly CurvePoint[]]) => ({
  filter,
  band: points.find(({ band }) => band !== '')?.band ?? '',
  points,
});

/** The points of a centre's archive below the text by which it asks to be acknowledged. */
function archiveCsv(
  points: readonly { readonly mjd: number; readonly mag: number; readonly magErr: number; readonly band: string }[],
  acknowledgement: string | null,
): string {
  const said = acknowledgement === null ? '' : `# ${acknowledgement}\n`;
  const number = (key: 'mjd' | 'mag' | 'magErr', name: string) => ({
    ...{ name, datatype: 'float64' as const, values: Float64Array.from(points, (point) => point[key]) },
  });
  const band = { name: 'band', datatype: 'string' as const, values: points.map((point) => point.band) };
  return `${said}${toCsv([number('mjd', 'mjd_utc'), number('mag', 'mag'), number('magErr', 'mag_err'), band])}`;
}
