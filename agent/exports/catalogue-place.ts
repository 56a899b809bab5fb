import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readEcsv } from '../../pipeline/tables/read-ecsv.ts';
import type { FrameRecord } from '../../protocol/frame-record.ts';
import { type MeasuredPlace, measuredPlace } from './measured-place.ts';

/**
 * Where a target was found in its frame, by the catalogue that was written of it; undefined where the catalogue is gone
 * or has no source there.
 */
export function placeInCatalogue(
  { planes, catalogues }: Pick<FrameRecord, 'planes' | 'catalogues'>,
  { x, y, plane: name }: FrameRecord['targets'][number],
): MeasuredPlace | undefined {
  const file = name === 'mono' ? catalogues[0] : catalogues.find((path) => path.endsWith(`.${name}.cat.ecsv`));
  const fwhmPx = planes.find(({ plane }) => plane === name)?.fwhmPx;
  if (file === undefined || fwhmPx == null || x === null || y === null) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return measuredPlace({ x, y }, fwhmPx, Object.fromEntries(readEcsv(text, file, parse).numbers));
}
