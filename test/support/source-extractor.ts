import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What source-extractor finds: FITS pixels (1-based), fluxes in the frame's unit. */
export interface ExtractedStar {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  readonly fluxErr: number;
  readonly flags: number;
}

/** Diameter of the aperture that `extractStars` measures in, pixels. */
export const aperturePx = 7;

/**
 * Runs source-extractor on an uncompressed image. Positions are its windowed ones (XWIN, YWIN): the isophotal centroids
 * (X, Y) of blended stars are pulled towards the neighbour and are no measure of anybody's error.
 * @param gainEPerAdu 0 where it is unknown: then photon noise of the stars is left out of the errors.
 */
export function extractStars(path: string, gainEPerAdu: number, saturationAdu: number): ExtractedStar[] {
  const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-extract-'));
  const columns = ['XWIN_IMAGE', 'YWIN_IMAGE', 'FLUX_APER', 'FLUXERR_APER', 'FLAGS'];
  const settings = {
    CATALOG_NAME: 'stars.cat',
    CATALOG_TYPE: 'ASCII',
    PARAMETERS_NAME: 'stars.param',
    FILTER: 'N',
    DETECT_MINAREA: 4,
    DETECT_THRESH: 2.5,
    DEBLEND_NTHRESH: 64,
    DEBLEND_MINCONT: 0.0005,
    PHOT_APERTURES: aperturePx,
    GAIN: gainEPerAdu,
    GAIN_KEY: 'NONE',
    SATUR_LEVEL: saturationAdu,
    SATUR_KEY: 'NONE',
    BACK_SIZE: 64,
    VERBOSE_TYPE: 'QUIET',
  };
  try {
    writeFileSync(join(folder, 'stars.param'), columns.join('\n'));
    const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
    writeFileSync(join(folder, 'stars.sex'), lines.join('\n'));
    execFileSync('source-extractor', [path, '-c', 'stars.sex'], { cwd: folder, stdio: 'pipe' });
    const rows = readFileSync(join(folder, 'stars.cat'), 'utf8').trim().split('\n');
    return rows.map((row) => {
      const [x, y, flux, fluxErr, flags] = row.trim().split(/\s+/).map(Number);
      return { x: x!, y: y!, flux: flux!, fluxErr: fluxErr!, flags: flags! };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
