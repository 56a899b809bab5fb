import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberRows, type Program, starList } from './program.ts';
import { timed } from './timed.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** This project, as a user runs it: `bhtom-edge reduce`, from raw file to catalogue. */
export function ours(threads: number): Program {
  return {
    name: 'bhtom-edge',
    version: () => `of this checkout, Node ${process.versions.node}, ${threads} threads`,
    measure(frame, folder, limitS) {
      const csv = join(folder, 'stars.csv');
      const masters = (['bias', 'dark', 'flat'] as const).flatMap((kind) =>
        frame[kind].length > 0 ? [`--${kind}`, ...frame[kind]] : [],
      );
      const camera = [
        '--gain',
        frame.gainEPerAdu,
        '--read-noise',
        frame.readNoiseE,
        '--saturation',
        frame.saturationAdu,
      ];
      const args = [
        'reduce',
        frame.light,
        ...masters,
        ...camera.map(String),
        '--threads',
        String(threads),
        '--out',
        folder,
        '--csv',
        csv,
      ];
      const cost = timed(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
        cwd: folder,
        limitS,
      });
      return { stars: starList(numberRows(readFileSync(csv, 'utf8')), 1), cost };
    },
  };
}
