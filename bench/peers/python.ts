import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberRows, type Program, starList } from './program.ts';
import { timed } from './timed.ts';

const interpreter = '/usr/bin/python3';

function moduleVersion(name: string): string | undefined {
  const script = `import astropy, ${name}; print(${name}.__version__)`;
  const { status, stdout } = spawnSync(interpreter, ['-W', 'ignore', '-c', script], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function pythonProgram(
  name: string,
  module: string,
  scriptName: string,
): Pick<Program, 'name' | 'version' | 'measure'> {
  const script = fileURLToPath(new URL(scriptName, import.meta.url));
  return {
    name,
    version: () => moduleVersion(module),
    measure(frame, folder, limitS) {
      const numbers = [frame.fwhmPx, frame.gainEPerAdu, frame.calibratedSaturationAdu].map(String);
      const args = ['-W', 'ignore', script, frame.calibrated, 'stars.csv', ...numbers];
      const cost = timed(interpreter, args, { cwd: folder, limitS });
      return { stars: starList(numberRows(readFileSync(join(folder, 'stars.csv'), 'utf8')), 0), cost };
    },
  };
}

/** sep: source-extractor's algorithms as a library, an aperture of one FWHM radius. */
export const sep: Program = pythonProgram('sep', 'sep', 'sep_aperture.py');

/** photutils: an effective PSF built from the frame, iterative subtraction. */
export const photutils: Program = {
  ...pythonProgram('photutils', 'photutils', 'photutils_psf.py'),
  isTooSlowFor: ({ nStars }) => nStars > 2000,
};
