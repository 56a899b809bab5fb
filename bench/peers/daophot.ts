import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchFrame } from '../photometry/simulate.ts';
import { numberRows, type Program, starList } from './program.ts';
import { firstLine, installed, ProgramFailed, timed } from './timed.ts';

/**
 * DAOPHOT and ALLSTAR as IRAF's noao.digiphot.daophot has them: find, PSF, fit, PSF again with the neighbours
 * subtracted, find in the residual, fit everything.
 */
export const daophot: Program = {
  name: 'daophot/allstar',
  version: () =>
    installed('irafcl')
      ? `IRAF ${firstLine('dpkg-query', ['-W', 'iraf']).split('\t')[1] ?? ''}, two passes`
      : undefined,
  measure(frame, folder, limitS) {
    symlinkSync(frame.calibrated, join(folder, 'i.fits'));
    writeFileSync(join(folder, 'run.cl'), script(frame, Math.min(2, frame.psfDegree)));
    const cost = timed('irafcl', ['-f', 'run.cl'], { cwd: folder, limitS });
    const result = join(folder, 'stars.txt');
    if (!existsSync(result)) throw new ProgramFailed('daophot ended without a list of stars');
    const rows = numberRows(readFileSync(result, 'utf8'))
      .filter(([, , , , chi, sharp]) => chi! < 4 && Math.abs(sharp!) < 1.5)
      .map(([x, y, mag, magErr]) => {
        const flux = 10 ** (-0.4 * (mag! - zeroPointMag));
        return [x!, y!, flux, (flux * magErr! * Math.LN10) / 2.5];
      });
    return { stars: starList(rows, 1), cost };
  },
};

const zeroPointMag = 25;

function script(frame: BenchFrame, varOrder: number): string {
  const { fwhmPx, skyAdu, skySigmaAdu } = frame;
  const px = (fwhms: number, least = 0) => Math.max(least, fwhms * fwhmPx).toFixed(2);
  const lines = [
    'noao',
    'digiphot',
    'daophot',
    'ptools',
    'set imtype="fits"',
    'set imclobber=yes',
    'daophot.verify=no',
    'daophot.verbose=no',
    'daophot.update=no',
    'daophot.graphics=""',
    'daophot.display=""',
    `datapars.fwhmpsf=${fwhmPx}`,
    `datapars.sigma=${skySigmaAdu.toFixed(3)}`,
    `datapars.datamin=${(skyAdu - 7 * skySigmaAdu).toFixed(2)}`,
    `datapars.datamax=${(0.9 * frame.calibratedSaturationAdu).toFixed(1)}`,
    `datapars.readnoise=${frame.readNoiseE}`,
    `datapars.epadu=${frame.gainEPerAdu}`,
    'findpars.threshold=3.6',
    'findpars.nsigma=2.0',
    'findpars.sharplo=0.2',
    'findpars.sharphi=1.2',
    'centerpars.calgorithm="none"',
    'fitskypars.salgorithm="mode"',
    `fitskypars.annulus=${px(3.5)}`,
    `fitskypars.dannulus=${px(3)}`,
    `photpars.apertures="${px(varOrder < 1 ? 1 : 2.2)}"`,
    `photpars.zmag=${zeroPointMag}`,
    'daopars.function="moffat25,penny1"',
    `daopars.varorder=${varOrder}`,
    'daopars.nclean=5',
    `daopars.psfrad=${px(4, 7)}`,
    `daopars.fitrad=${px(1, 2)}`,
    'daopars.maxnstar=50000',
    'daopars.maxgroup=80',
    `daopars.sannulus=${px(1)}`,
    `daopars.wsannulus=${px(4)}`,
    'daopars.recenter=yes',
    'daopars.fitsky=yes',
    'daopars.groupsky=no',
    'daofind ("i", "1.coo")',
    'phot ("i", "1.coo", "1.mag", skyfile="", interactive=no)',
    `pstselect ("i", "1.mag", "1.pst", ${varOrder < 2 ? 60 : 90}, interactive=no)`,
    'psf ("i", "1.mag", "1.pst", "1.psf", "1.opst", "1.psg", interactive=no, showplots=no)',
    'allstar ("i", "1.mag", "1.psf", "1.als", "1.arj", "1.sub")',
    'substar ("i", "1.als", "1.opst", "1.psf", "clean")',
    'psf ("clean", "1.mag", "1.opst", "2.psf", "2.opst", "2.psg", interactive=no, showplots=no)',
    'daofind ("1.sub", "2.coo")',
    'phot ("1.sub", "2.coo", "2.mag", skyfile="", interactive=no)',
    'pfmerge ("1.mag,2.mag", "both.mag")',
    'prenumber ("both.mag")',
    'allstar ("i", "both.mag", "2.psf", "2.als", "2.arj", "2.sub")',
    'txdump ("2.als", "XCENTER,YCENTER,MAG,MERR,CHI,SHARPNESS", "yes", headers=no, > "stars.txt")',
    'logout',
  ];
  return `${lines.join('\n')}\n`;
}
