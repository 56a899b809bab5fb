import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guessOf, type LostFrame, type OutsideSolver } from './outside-solver.ts';
import { runProgram } from './run-program.ts';
import { ifMissing } from './solve-field.ts';

/** ASTAP's command line, over the whole sky, on the frame itself; it needs a star database of its own. */
export function astap(path: string): OutsideSolver {
  return {
    name: 'astap',
    async guess(frame, timeoutMs) {
      const folder = await mkdtemp(join(tmpdir(), 'bhtom-edge-astap-'));
      try {
        const fieldDeg = frame.scale ? (frame.scale.arcsecPerPx * frame.height) / 3600 : 0;
        // -o keeps its files out of the observer's folder; the frame itself is never updated.
        const args = ['-f', resolve(frame.path), '-r', '180', '-fov', fieldDeg.toFixed(4), '-o', join(folder, 'out')];
        await runProgram(path, args, { cwd: folder, timeoutMs });
        const text = await readFile(join(folder, 'out.ini'), 'utf8').catch(ifMissing);
        return text === undefined ? undefined : readIni(text, frame);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Its answer: lines of KEYWORD=value, with PLTSOLVD=T where it has solved. */
function readIni(text: string, frame: LostFrame) {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
    if (match) values.set(match[1]!, match[2]!.trim());
  }
  if (values.get('PLTSOLVD') !== 'T') return undefined;
  const types: Record<string, string> = { CTYPE1: 'RA---TAN', CTYPE2: 'DEC--TAN' };
  return guessOf((keyword) => types[keyword] ?? numberOf(values.get(keyword)), frame);
}

function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
