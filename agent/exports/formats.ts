import type { ExportFormatName } from '../../config/sections/destinations.ts';
import { aavsoReport } from './aavso.ts';
import { type AdesObservatory, adesPsv } from './ades.ts';
import { bhtomCsv } from './bhtom-csv.ts';
import { pointsEcsv } from './ecsv.ts';
import { pointsFits } from './fits.ts';
import type { Export, ExportPoint } from './point.ts';
import { skyPortalPhotometry } from './skyportal.ts';
import { tomCsv } from './tom-csv.ts';

/** What formats ask for beside the points; each its own. */
export interface ExportNeeds {
  /** Program and version. */
  readonly software: string;
  /** Code of the observer at the AAVSO. */
  readonly obscode?: string | undefined;
  /** Number of the instrument at SkyPortal. */
  readonly skyPortalInstrument?: number | undefined;
  /** The observatory as the Minor Planet Center knows it. */
  readonly ades?: AdesObservatory | undefined;
}

export interface ExportFormat {
  readonly extension: string;
  /** Its files hold one target each. */
  readonly isOfOneTarget: boolean;
  /** Which of the needs it cannot be written without. */
  readonly needs: readonly Exclude<keyof ExportNeeds, 'software'>[];
  write(points: readonly ExportPoint[], needs: ExportNeeds): Export;
}

/** Every format that points leave the house in, by its name; `ades` is for moving targets. */
export const exportFormats: Readonly<Record<ExportFormatName | 'ades', ExportFormat>> = {
  aavso: {
    ...{ extension: 'aavso.txt', isOfOneTarget: false, needs: ['obscode'] },
    write(points, { obscode = '', software }) {
      const { text, leftOut } = aavsoReport(points, obscode, software);
      return { content: text, leftOut };
    },
  },
  ades: {
    ...{ extension: 'ades.psv', isOfOneTarget: false, needs: ['ades'] },
    write: (points, { ades }) => adesPsv(points, ades!),
  },
  bhtom: format('bhtom.csv', true, (points) => bhtomCsv(points)),
  tom: format('tom.csv', true, (points) => tomCsv(points)),
  ecsv: format('ecsv', false, (points, { software }) => pointsEcsv(points, software)),
  fits: format('fits', false, (points, { software }) => pointsFits(points, software)),
  skyportal: {
    ...{ extension: 'skyportal.json', isOfOneTarget: true, needs: ['skyPortalInstrument'] },
    write(points, { skyPortalInstrument = 0 }) {
      const body = skyPortalPhotometry(points[0]?.target ?? '', skyPortalInstrument, points);
      return { content: `${JSON.stringify(body)}\n`, leftOut: [] };
    },
  },
};

/** A format that has a place for every point and asks for nothing. */
function format(
  extension: string,
  isOfOneTarget: boolean,
  write: (points: readonly ExportPoint[], needs: ExportNeeds) => string | Uint8Array,
): ExportFormat {
  return {
    ...{ extension, isOfOneTarget, needs: [] },
    write: (points, needs) => ({ content: write(points, needs), leftOut: [] }),
  };
}
