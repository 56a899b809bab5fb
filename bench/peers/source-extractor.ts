import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchFrame } from '../photometry/simulate.ts';
import { numberRows, type Program, starList } from './program.ts';
import { firstLine, installed, timed, together } from './timed.ts';

const command = 'source-extractor';
const sexVersion = () => (installed(command) ? /[\d.]+\d/.exec(firstLine(command, ['--version']))?.[0] : undefined);

/** Source-extractor with windowed positions and an aperture of one FWHM radius. */
export const sourceExtractor: Program = {
  name: 'source-extractor',
  version: sexVersion,
  measure(frame, folder, limitS) {
    const columns = ['XWIN_IMAGE', 'YWIN_IMAGE', 'FLUX_APER', 'FLUXERR_APER'];
    configure(frame, folder, 'stars', columns, { PHOT_APERTURES: 2 * frame.fwhmPx });
    const cost = timed(command, [frame.calibrated, '-c', 'stars.sex'], { cwd: folder, limitS });
    return { stars: starList(numberRows(readFileSync(join(folder, 'stars.cat'), 'utf8')), 1), cost };
  },
};

/** Source-extractor, PSFEx on its bright stars, source-extractor again with that PSF. */
export const sourceExtractorPsfex: Program = {
  name: 'source-extractor + psfex',
  version: () => {
    const version = sexVersion();
    const psfex = installed('psfex') ? /[\d.]+\d/.exec(firstLine('psfex', ['--version']))?.[0] : undefined;
    return version && psfex ? `${version} + ${psfex}` : undefined;
  },
  measure(frame, folder, limitS) {
    const stamp = Math.max(21, 2 * Math.ceil(4.5 * frame.fwhmPx) + 1);
    const columns = [
      'X_IMAGE',
      'Y_IMAGE',
      'FLUX_RADIUS',
      'FLUX_APER',
      'FLUXERR_APER',
      'ELONGATION',
      'FLAGS',
      'SNR_WIN',
    ];
    // PSFEx scales its model to FLUX_APER: a wide aperture, or a PSF that varies inherits the losses of a narrow one.
    configure(frame, folder, 'psfstars', [...columns, `VIGNET(${stamp},${stamp})`], {
      CATALOG_TYPE: 'FITS_LDAC',
      DETECT_THRESH: 8,
      PHOT_APERTURES: 5 * frame.fwhmPx,
    });
    const first = timed(command, [frame.calibrated, '-c', 'psfstars.sex'], { cwd: folder, limitS });
    writeSettings(join(folder, 'psf.psfex'), {
      BASIS_TYPE: 'PIXEL_AUTO',
      PSF_SAMPLING: frame.fwhmPx < 2.2 ? 0.5 : 0,
      PSF_SIZE: `${stamp},${stamp}`,
      PSFVAR_KEYS: 'X_IMAGE,Y_IMAGE',
      PSFVAR_GROUPS: '1,1',
      PSFVAR_DEGREES: frame.psfDegree,
      SAMPLE_AUTOSELECT: 'Y',
      SAMPLE_FWHMRANGE: '1.0,15.0',
      SAMPLE_VARIABILITY: 0.4,
      SAMPLE_MINSN: 30,
      SAMPLE_MAXELLIP: 0.5,
      CHECKPLOT_DEV: 'NULL',
      CHECKPLOT_TYPE: 'NONE',
      CHECKIMAGE_TYPE: 'NONE',
      WRITE_XML: 'N',
      NTHREADS: 1,
      VERBOSE_TYPE: 'QUIET',
    });
    const second = timed('psfex', ['psfstars.cat', '-c', 'psf.psfex'], { cwd: folder, limitS });
    configure(frame, folder, 'stars', ['XPSF_IMAGE', 'YPSF_IMAGE', 'FLUX_PSF', 'FLUXERR_PSF'], {
      PSF_NAME: 'psfstars.psf',
      PSF_NMAX: 1,
      PHOT_APERTURES: 2 * frame.fwhmPx,
    });
    const third = timed(command, [frame.calibrated, '-c', 'stars.sex'], { cwd: folder, limitS });
    const stars = starList(numberRows(readFileSync(join(folder, 'stars.cat'), 'utf8')), 1);
    return { stars, cost: together(first, together(second, third)) };
  },
};

type Settings = Readonly<Record<string, string | number>>;

function writeSettings(path: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(path, lines.join(''));
}

function configure(frame: BenchFrame, folder: string, name: string, columns: readonly string[], own: Settings): void {
  writeFileSync(join(folder, `${name}.param`), `${columns.join('\n')}\n`);
  writeFileSync(join(folder, 'filter.conv'), gaussianFilter(frame.fwhmPx));
  writeSettings(join(folder, `${name}.sex`), {
    CATALOG_NAME: `${name}.cat`,
    CATALOG_TYPE: 'ASCII',
    PARAMETERS_NAME: `${name}.param`,
    DETECT_MINAREA: 3,
    DETECT_THRESH: 1.5,
    ANALYSIS_THRESH: 1.5,
    FILTER: 'Y',
    FILTER_NAME: 'filter.conv',
    DEBLEND_NTHRESH: 64,
    DEBLEND_MINCONT: 0.0005,
    SATUR_LEVEL: 0.95 * frame.calibratedSaturationAdu,
    SATUR_KEY: 'NONE',
    GAIN: frame.gainEPerAdu,
    GAIN_KEY: 'NONE',
    PIXEL_SCALE: 1,
    SEEING_FWHM: frame.fwhmPx,
    BACK_SIZE: 64,
    BACK_FILTERSIZE: 3,
    STARNNW_NAME: '/usr/share/source-extractor/default.nnw',
    MEMORY_PIXSTACK: 4_000_000,
    MEMORY_OBJSTACK: 60_000,
    VERBOSE_TYPE: 'QUIET',
    ...own,
  });
}

function gaussianFilter(fwhmPx: number): string {
  const half = Math.ceil(fwhmPx);
  const places = Array.from({ length: 2 * half + 1 }, (_, i) => i - half);
  const sigma = fwhmPx / 2.3548;
  const rows = places.map((y) =>
    places.map((x) => Math.exp((-0.5 * (x * x + y * y)) / sigma ** 2).toFixed(6)).join(' '),
  );
  return `CONV NORM\n${rows.join('\n')}\n`;
}
