import { filters as filterTable } from '../../config/filters.ts';
import { unknownFilter } from '../../pipeline/standardisation/bands.ts';
import type { Answers } from './answers.ts';
import type { CameraEvidence, SiteEvidence } from './evidence.ts';
import { instrumentIds } from './instrument-ids.ts';

/** A text as YAML takes it, whatever stands in it. */
const quoted = (text: string): string => JSON.stringify(text);

/** The configuration as YAML, with what was found as comments. `date` is the day of writing. */
export function configText(evidence: SiteEvidence, answers: Answers, date: string): string {
  const ids = instrumentIds(evidence.cameras);
  return `${[
    `# Written by \`bhtom-edge init\` on ${date}. Every key: docs/configuration.md; look whether all is well: \`bhtom-edge doctor\`.`,
    'site:',
    `  name: ${quoted(answers.name!)}`,
    `  latitudeDeg: ${Number(answers.latitude)}`,
    `  longitudeDeg: ${Number(answers.longitude)}  # EAST positive`,
    `  heightM: ${Number(answers.height)}`,
    '',
    `dataDir: ${quoted(answers.dataDir!)}  # on a local disk: SQLite does not work on network drives`,
    '',
    'instruments:',
    ...evidence.cameras.flatMap((camera, at) => instrumentLines(camera, ids[at]!, answers[`oname:${ids[at]}`])),
    '',
    '# Positions measured in every frame that holds them, ICRS degrees:',
    '# targets:',
    '#   - { name: Gaia24abc, raDeg: 271.119, decDeg: -29.52 }',
    '',
    'catalogue:',
    '  online: true  # reference stars around targets are fetched by themselves',
    '',
    ...destinationLines(answers),
  ].join('\n')}\n`;
}

function instrumentLines(camera: CameraEvidence, id: string, oname: string | undefined): string[] {
  const { folders, filters, scaleArcsecPerPx, gainEPerAdu, readNoiseE } = camera;
  const unknown = filters.flatMap((name) => unknownFilter(filterTable, name) ?? []);
  const known = [
    ...(gainEPerAdu === undefined ? [] : [`gain ${gainEPerAdu} e-/ADU`]),
    ...(readNoiseE === undefined ? [] : [`read noise ${readNoiseE} e-`]),
    ...(scaleArcsecPerPx === undefined ? [] : [`scale ${scaleArcsecPerPx.toFixed(2)} arcsec a pixel`]),
  ];
  return [
    `  - id: ${id}  # ${cameraInWords(camera)}`,
    ...(oname === undefined
      ? ['    # oname: the ONAME of this telescope with this camera at BHTOM']
      : [`    oname: ${quoted(oname)}`]),
    '    folders:',
    ...folders.map((folder) => `      - ${quoted(folder)}`),
    '    polling: false  # true on a network share',
    ...(filters.length === 0
      ? ['    # filters: [B, V, R]  # in the wheel, as the headers name them; the frames named none']
      : [`    filters: [${filters.map(quoted).join(', ')}]  # those of the frames that were looked at`]),
    ...unknown.map((words) => `    # ${oneLine(words)}`),
    ...(unknown.length === 0 ? [] : ['    # filterBands: { "such a name": V }']),
    known.length === 0
      ? '    # The headers tell neither gain nor scale; what you know wins over them:'
      : `    # The headers tell: ${known.join(', ')}. What you know better wins over them:`,
    '    # camera: { gainEPerAdu: 1.4, readNoiseE: 6, scaleArcsecPerPx: 1.05 }',
  ];
}

/** What was found of a camera, in one line. */
export function cameraInWords({ camera, telescope, size, nFrames }: CameraEvidence): string {
  const parts = [
    camera || 'a camera that the headers do not name',
    size,
    telescope && `telescope ${telescope}`,
    `by ${nFrames} frames`,
  ];
  return oneLine(parts.filter((part) => part !== undefined && part !== '').join(', '));
}

function destinationLines({ hub, hubToken, bhtomToken }: Answers): string[] {
  const hubLine = hub ? [`  - { id: hub, kind: hub, url: ${quoted(hub)}, tokenFile: ${quoted(hubToken!)} }`] : [];
  const bhtomLine = bhtomToken ? [`  - { id: bhtom, kind: bhtom2, tokenFile: ${quoted(bhtomToken)} }`] : [];
  const lines = [...hubLine, ...bhtomLine];
  if (lines.length > 0) return ['destinations:', ...lines];
  return [
    '# Nothing is sent anywhere yet:',
    '# destinations:',
    '#   - { id: bhtom, kind: bhtom2, tokenFile: bhtom-token }',
  ];
}

/** Texts of headers stand in comments, which end with the line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
