import { Command, InvalidArgumentError } from 'commander';
import { fetchTiles, missingTiles } from '../agent/catalogue/fetch-tiles.ts';
import { importStars } from '../agent/catalogue/import/import-files.ts';
import type { Completeness } from '../agent/catalogue/keep.ts';
import { starServices } from '../agent/catalogue/services/services.ts';
import { tilesAround } from '../agent/catalogue/tiling.ts';
import { httpClient } from '../agent/centres/http.ts';
import {
  openStarTiles,
  readStarTiles,
  type StarTiles,
  type StoredTile,
  starTilesName,
} from '../agent/store/star-tiles.ts';
import { systemClock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { catalogueSchema } from '../config/sections/catalogue.ts';
import type { FieldHint } from '../pipeline/astrometry/problem.ts';
import { UsageError } from './inputs.ts';
import { hint, positive } from './options.ts';
import { version } from './version.ts';

interface Where {
  readonly config?: string;
  readonly data?: string;
  readonly json?: boolean;
}

interface ImportChoices extends Where {
  readonly id?: string;
  readonly title?: string;
  readonly licence?: string;
  readonly credit?: string;
  readonly epoch?: number;
  readonly completeWithin?: FieldHint | 'all';
  readonly completeTo?: number;
}

export function command(): Command {
  const catalogue = new Command('catalogue').description("the site's own reference stars, for solving and zero points");
  catalogue.exitOverride(); // for those below too, which take it over when they are made
  withWhere(catalogue.command('list').description('what is there, of which source, on which terms')).action(list);
  withWhere(catalogue.command('import').description('take reference stars from files: CSV, ECSV, FITS, astrometry.net'))
    .argument('<file...>', 'files of one source; index files of astrometry.net (Tycho-2) are taken together')
    .option('--id <name>', 'name of the source, small letters and hyphens', identifier)
    .option('--title <text>', 'what the source is')
    .option('--licence <text>', 'on which terms it may be used')
    .option('--credit <text>', 'what publications are asked to say')
    .option('--epoch <year>', 'Julian year of the positions; else ref_epoch of the file, else 2016.0', positive)
    .option('--complete-within <ra,dec,radius>', 'where the file leaves out no star; or: all', region)
    .option('--complete-to <mag>', 'down to this magnitude', Number)
    .action(importFiles);
  withWhere(catalogue.command('prefetch').description("fetch Gaia's stars around a place, for nights without internet"))
    .argument('<ra,dec,radius>', 'degrees', hint)
    .option('--depth <mag>', 'down to this magnitude in G; else of the configuration, else 17', positive)
    .action(prefetch);
  return catalogue;
}

function withWhere(command: Command): Command {
  return command
    .option('--config <file>', 'take the data folder from a configuration')
    .option('--data <dir>', 'the data folder itself')
    .option('--json', 'one JSON object on stdout');
}

async function dataDirOf({ config, data }: Where): Promise<string> {
  if (data !== undefined) return data;
  if (config !== undefined) return (await loadConfig(config)).dataDir;
  throw new UsageError('give the data folder: --config FILE or --data DIR');
}

async function list(where: Where): Promise<void> {
  const dataDir = await dataDirOf(where);
  const tiles = readStarTiles(dataDir, systemClock);
  if (!tiles) {
    throw new TellOperator(
      'NO_CATALOGUE',
      `There is no ${starTilesName} in ${dataDir}: bring stars with "catalogue import" or "catalogue prefetch".`,
    );
  }
  try {
    const sources = tiles.sources();
    if (where.json) console.log(JSON.stringify({ sources }));
    for (const one of sources) {
      const megabytes = (one.bytes / 1e6).toFixed(1);
      console.error(
        `${one.id}: ${one.nStars} stars in ${one.nTiles} tiles (${one.nComplete} complete), ${megabytes} MB\n` +
          `  ${one.title}; from ${one.origin}, ${new Date(one.writtenAtMs).toISOString()}\n` +
          `  licence: ${one.licence}\n  credit: ${one.credit}`,
      );
    }
  } finally {
    tiles.close();
  }
}

async function importFiles(files: string[], choices: ImportChoices): Promise<void> {
  const { id, title, licence, credit, epoch, completeWithin, completeTo } = choices;
  if (completeTo !== undefined && completeWithin === undefined) {
    throw new UsageError('--complete-to says how deep, --complete-within must say where');
  }
  const completeness: Completeness | undefined =
    completeWithin === undefined
      ? undefined
      : { region: completeWithin === 'all' ? undefined : completeWithin, depthMag: completeTo ?? null };
  const source = {
    ...(id !== undefined && { id }),
    ...(title !== undefined && { title }),
    ...(licence !== undefined && { licence }),
    ...(credit !== undefined && { credit }),
  };
  await withTiles(await dataDirOf(choices), async (tiles) => {
    const imported = await importStars(files, { source, completeness, epochYear: epoch }, tiles);
    const summary = tiles.sources().find((one) => one.id === imported.source.id)!;
    if (choices.json) console.log(JSON.stringify({ ...summary, kinds: imported.kinds }));
    console.error(
      `${summary.id}: ${summary.nStars} stars in ${summary.nTiles} tiles, ${summary.nComplete} of them complete`,
    );
  });
}

async function prefetch(around: FieldHint, choices: Where & { readonly depth?: number }): Promise<void> {
  const config = choices.config === undefined ? undefined : await loadConfig(choices.config);
  const settings = config?.catalogue ?? catalogueSchema.parse({});
  const clock = systemClock;
  const http = httpClient(`bhtom-edge ${version}`, clock);
  await withTiles(await dataDirOf(choices), async (store) => {
    const depthMag = choices.depth ?? settings.depthMag;
    const wanted = tilesAround(around, around.radiusDeg);
    let left = missingTiles(store, wanted, depthMag).length;
    console.error(`${left} of ${wanted.length} tiles are to be fetched`);
    const tools = {
      ...{ store, services: starServices(settings.services, { http, clock }), clock },
      onTile: ({ tile, nStars }: StoredTile, service: string) =>
        console.error(`tile ${tile}: ${nStars} stars from ${service}; ${--left} to go`),
      onFailure: (service: string, error: Error) => console.error(`${service}: ${error.message}`),
    };
    const nFetched = await fetchTiles(wanted, depthMag, tools, new AbortController().signal);
    if (choices.json) console.log(JSON.stringify({ nTiles: wanted.length, nFetched, depthMag }));
  });
}

async function withTiles(dataDir: string, work: (tiles: StarTiles) => Promise<void>): Promise<void> {
  const { tiles, setAside } = openStarTiles(dataDir, systemClock);
  if (setAside !== undefined) console.error(`the reference stars were damaged and set aside as ${setAside}`);
  try {
    await work(tiles);
  } finally {
    tiles.close();
  }
}

function identifier(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,59}$/.test(text)) return text;
  throw new InvalidArgumentError('small letters, digits and hyphens, at most 60');
}

function region(text: string): FieldHint | 'all' {
  return text === 'all' ? 'all' : hint(text);
}
