import { identifier } from '../../config/sections/words.ts';
import type { Answers } from './answers.ts';
import type { SiteEvidence, Told } from './evidence.ts';
import { instrumentIds } from './instrument-ids.ts';
import type { TryDestination } from './try-destination.ts';

/** One thing to be asked. */
export interface Question {
  readonly key: string;
  readonly text: string;
  /** What is taken where nothing is typed; absent where somebody must say. */
  readonly usual?: string;
  /** Where that comes from. */
  readonly because?: string;
  /** Why an answer cannot be taken; undefined when it can. */
  check(answer: string): string | undefined | Promise<string | undefined>;
}

/** What can be found out beside the frames. */
export interface Surroundings {
  readonly hostName: string;
  readonly tryDestination: TryDestination;
}

/** The questions of a site in their order; some follow from earlier answers. */
export function questionsFor(
  evidence: SiteEvidence,
  answers: Answers,
  { hostName, tryDestination }: Surroundings,
): Question[] {
  const hub = answers.hub ?? '';
  const needed = (answer: string) => (answer === '' ? 'an answer is needed' : undefined);
  return [
    {
      key: 'name',
      text: 'Name of the site at its centres',
      usual: siteName(hostName),
      because: 'name of this computer',
      check: checkName,
    },
    {
      key: 'latitude',
      text: 'Latitude, degrees, north positive',
      ...told(evidence.latitudeDeg),
      check: number(-90, 90),
    },
    {
      key: 'longitude',
      text: 'Longitude, degrees, EAST positive',
      ...told(evidence.longitudeDeg, signInWords(evidence)),
      check: number(-180, 360),
    },
    {
      key: 'height',
      text: 'Height above the sea, metres',
      usual: '0',
      because: 'not told',
      ...told(evidence.heightM),
      check: number(-500, 9000),
    },
    {
      key: 'dataDir',
      text: 'Folder for database and products, on a local disk',
      usual: './bhtom-edge-data',
      because: 'beside the configuration',
      check: needed,
    },
    { key: 'hub', text: 'Address of a hub, empty for none', usual: '', check: checkUrl },
    ...(hub === ''
      ? []
      : [
          {
            key: 'hubToken',
            text: 'File with the token of the hub',
            usual: 'hub-token',
            because: 'beside the configuration',
            check: (tokenFile: string) => needed(tokenFile) ?? tryDestination({ kind: 'hub', url: hub, tokenFile }),
          },
        ]),
    {
      key: 'bhtomToken',
      text: 'File with your token of BHTOM, empty for none',
      usual: '',
      check: (tokenFile) => (tokenFile === '' ? undefined : tryDestination({ kind: 'bhtom2', tokenFile })),
    },
    ...((answers.bhtomToken ?? '') === ''
      ? []
      : instrumentIds(evidence.cameras).map((id, at) => ({
          key: `oname:${id}`,
          text: `ONAME of ${evidence.cameras[at]!.camera || id} at BHTOM`,
          check: (oname: string) =>
            needed(oname) ?? tryDestination({ kind: 'bhtom2', tokenFile: answers.bhtomToken!, oname }),
        }))),
  ];
}

function told(value: Told | undefined, more = ''): Pick<Question, 'usual' | 'because'> {
  return value ? { usual: String(Number(value.value.toFixed(6))), because: `${value.card} of the frames${more}` } : {};
}

function signInWords({ sign }: SiteEvidence): string {
  if (sign === 'right') return '; the sky of the frames bears out the sign';
  if (sign === 'opposite')
    return ', its sign changed: as the header has it, the frames would have been taken by day or below the horizon';
  return '';
}

function siteName(hostName: string): string {
  const name = hostName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return identifier.safeParse(name).success ? name : 'site';
}

function checkName(answer: string): string | undefined {
  const { success, error } = identifier.safeParse(answer);
  return success ? undefined : error.issues[0]!.message;
}

const number = (least: number, most: number) => (answer: string) => {
  const value = Number(answer);
  const isNumber = answer.trim() !== '' && value >= least && value <= most;
  return isNumber ? undefined : `a number from ${least} to ${most} is needed, such as 50.05`;
};

function checkUrl(answer: string): string | undefined {
  if (answer === '' || (URL.canParse(answer) && /^https?:/.test(answer))) return undefined;
  return 'an address begins with https://';
}
