import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { saveNew } from '../agent/exports/save.ts';
import { type Answers, dropState, loadState, saveState, stateFile } from '../agent/setup/answers.ts';
import { cameraInWords, configText } from '../agent/setup/config-text.ts';
import { evidenceOf, type FolderFrames, type SiteEvidence } from '../agent/setup/evidence.ts';
import { interview } from '../agent/setup/interview.ts';
import { type Question, questionsFor } from '../agent/setup/questions.ts';
import { readFolder } from '../agent/setup/read-folder.ts';
import { destinationTrier } from '../agent/setup/try-destination.ts';
import { usualFolders } from '../agent/setup/usual-folders.ts';
import { systemClock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { parseConfig } from '../config/load.ts';
import { endWith, exitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
  readonly yes?: true;
  readonly name?: string;
  readonly latitude?: string;
  readonly longitude?: string;
  readonly height?: string;
  readonly dataDir?: string;
  readonly hub?: string;
  readonly hubToken?: string;
  readonly bhtomToken?: string;
  readonly oname?: string;
}

/** Types an answer; undefined at the end of the input. */
type Ask = (text: string) => Promise<string | undefined>;

export function command(): Command {
  return new Command('init')
    .description('write a configuration: finds what it can in the newest frames and asks the rest')
    .argument('[folder...]', 'the folders that the camera programs save to; one camera a folder')
    .option('--config <file>', 'the configuration to write; never over one that is there', 'config.yaml')
    .option('--yes', 'ask nothing: take what the frames and these options tell')
    .option('--name <name>', 'name of the site at its centres')
    .option('--latitude <deg>', 'north positive')
    .option('--longitude <deg>', 'EAST positive')
    .option('--height <m>', 'above the sea')
    .option('--data-dir <folder>', 'where database and products lie')
    .option('--hub <url>', 'address of a hub')
    .option('--hub-token <file>', 'the file that holds its token')
    .option('--bhtom-token <file>', 'the file that holds your token of BHTOM')
    .option('--oname <name>', 'ONAME of this telescope with this camera at BHTOM, where there is one camera')
    .action(run);
}

async function run(folders: readonly string[], options: Options): Promise<void> {
  const path = resolve(options.config);
  await requireFree(path);
  if (options.yes) return setUp(path, folders, options, undefined);
  const terminal = createInterface({ input: process.stdin });
  const lines = terminal[Symbol.asyncIterator]();
  try {
    await setUp(path, folders, options, async (text) => {
      process.stdout.write(text);
      const { done, value } = await lines.next();
      return done ? undefined : String(value);
    });
  } finally {
    terminal.close();
  }
}

async function setUp(path: string, given: readonly string[], options: Options, ask: Ask | undefined): Promise<void> {
  const before = await loadState(path);
  if (before) say(`Going on where it was left; delete ${stateFile(path)} to begin anew.`);
  const folders = given.length > 0 ? given.map((folder) => resolve(folder)) : (before?.folders ?? []);
  const read = await readFolders(folders, ask);
  if (!read) return left(path);
  const evidence = evidenceOf(read);
  for (const line of evidenceInWords(evidence)) say(line);
  const state = { folders: read.map(({ folder }) => folder), answers: before?.answers ?? {} };
  await saveState(path, state);
  const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);
  const tryDestination = destinationTrier(dirname(path), `bhtom-edge ${version}`, systemClock, random);
  const surroundings = { hostName: hostname(), tryDestination };
  const answers = await interview({
    questions: (soFar) => questionsFor(evidence, soFar, surroundings),
    given: { ...state.answers, ...answersOf(options) },
    ...(ask && { ask: (question: Question) => ask(asText(question)) }),
    refuse: (_, reason) => say(`  ${reason}`),
    save: (soFar) => saveState(path, { ...state, answers: { ...state.answers, ...soFar } }),
  });
  if (!answers) return left(path);
  const text = configText(evidence, answers, new Date(systemClock.nowMs()).toISOString().slice(0, 10));
  parseConfig(text, path, dirname(path));
  await saveNew(path, text);
  await dropState(path);
  say(`${options.config} is written. Now look whether all is well: bhtom-edge doctor --config ${options.config}`);
}

/** Of an option that was given. */
function answersOf({ name, latitude, longitude, height, dataDir, hub, hubToken, bhtomToken, oname }: Options): Answers {
  const all = { name, latitude, longitude, height, dataDir, hub, hubToken, bhtomToken, 'oname:main': oname };
  return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** The frames of the folders; asks for one where none is named. Undefined when the person left. */
async function readFolders(named: readonly string[], ask: Ask | undefined): Promise<FolderFrames[] | undefined> {
  const read: FolderFrames[] = [];
  for (const folder of named) read.push(await readFolder(folder, systemClock));
  if (read.length > 0) return read;
  const usual = await usualFolders(systemClock);
  if (!ask) {
    const [only, ...more] = usual;
    if (only !== undefined && more.length === 0) return [await readFolder(only, systemClock)];
    const seen = usual.length === 0 ? '' : ` There are frames in ${usual.join(', ')}.`;
    throw new TellOperator(
      'INIT_FOLDER',
      `Name the folder that the camera program saves to: bhtom-edge init FOLDER.${seen}`,
    );
  }
  for (;;) {
    const shown = usual[0] === undefined ? '' : ` [${usual[0]}]`;
    const typed = await ask(`Folder that the camera program saves to${shown}: `);
    if (typed === undefined) return undefined;
    try {
      return [await readFolder(resolve(typed.trim() || (usual[0] ?? '.')), systemClock)];
    } catch (error) {
      if (!(error instanceof TellOperator)) throw error;
      say(`  ${error.message}`);
    }
  }
}

function evidenceInWords({ cameras, latitudeDeg, longitudeDeg, sign }: SiteEvidence): string[] {
  return [
    ...cameras.flatMap((camera) => [
      `${cameraInWords(camera)}, in ${camera.folders.join(', ')}`,
      `  filters: ${camera.filters.join(', ') || 'none named'}; scale: ${camera.scaleArcsecPerPx?.toFixed(2) ?? 'not told'} arcsec a pixel; gain: ${camera.gainEPerAdu ?? 'not told'} e-/ADU`,
    ]),
    latitudeDeg && longitudeDeg
      ? `The frames name the site: latitude ${latitudeDeg.value.toFixed(4)}, longitude ${longitudeDeg.value.toFixed(4)} (east positive)${signs[sign]}`
      : 'The frames do not name the site.',
  ];
}

const signs: Record<SiteEvidence['sign'], string> = {
  right: '; their sky bears out the sign',
  opposite: ', its sign changed: as the headers have it, it would have been day or the targets below the horizon',
  undecided: '; look whether the sign is right',
};

function asText({ text, usual, because }: Question): string {
  if (usual === undefined) return `${text}: `;
  return `${text} [${usual}${because === undefined ? '' : ` (${because})`}]: `;
}

async function requireFree(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new TellOperator(
    'CONFIG_EXISTS',
    `${path} is there already and is left as it is: look at it with "doctor", name another one with --config, or move it away.`,
  );
}

function left(path: string): void {
  console.log();
  say(`Left. What was answered is kept: run it again to go on (${stateFile(path)}).`);
  endWith(exitCode.operator);
}

function say(line: string): void {
  console.log(printable(line));
}
