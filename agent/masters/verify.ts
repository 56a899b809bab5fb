import type { Master } from '../../pipeline/calibration/master.ts';
import { medianInPlace } from '../../pipeline/numeric/robust.ts';
import { readMaster } from './master-file.ts';
import type { MasterFile, MasterOrder } from './master-order.ts';

const clipSigma = 6;
const largestShare = 0.05;
/** What two good masters may differ by beyond their noise: rounding (ADU), gradients of twilight and lamps (relative). */
const floorAdu = 0.3;
const floorRelative = 0.003;
const sampleSize = 200_001;

/** Holds a new master against the last one, and against one that was kept aside. */
export async function compareWith(
  master: Master,
  { predecessor, keptAside }: Pick<MasterOrder, 'predecessor' | 'keptAside'>,
): Promise<{ doubt: string | null; confirms: string | null }> {
  const against = async (file: MasterFile) => doubtAbout(master, await readMaster(file.path, file.kind, file.id));
  const doubt = predecessor && (await against(predecessor));
  if (doubt === undefined) return { doubt: null, confirms: null };
  if (keptAside && (await against(keptAside)) === undefined) return { doubt: null, confirms: keptAside.id };
  return { doubt, confirms: null };
}

/**
 * Why a new master is not to be trusted beside its predecessor of the same setup; undefined when it is. More than 5 % of
 * the pixels 6 sigma from the predecessor (a common shift of all taken out), or for biases and darks a shift of the level by more
 * than 6 times the noise of a single frame.
 */
export function doubtAbout(master: Master, predecessor: Master): string | undefined {
  const { kind, width, height, pixels } = master;
  if (predecessor.width !== width || predecessor.height !== height) return undefined;
  const sigma = Math.hypot(master.noise, predecessor.noise, kind === 'flat' ? floorRelative : floorAdu);
  const shift = medianDifference(pixels, predecessor.pixels);
  if (kind !== 'flat') {
    const single = Math.max(master.noise * Math.sqrt(master.nCombined), floorAdu);
    if (Math.abs(shift) > clipSigma * single) {
      return `its level is ${shift.toFixed(1)} ADU off its predecessor's`;
    }
  }
  let compared = 0;
  let deviating = 0;
  for (let i = 0; i < pixels.length; i++) {
    const away = pixels[i]! - predecessor.pixels[i]! - shift;
    if (!(away - away === 0)) continue;
    compared++;
    if (away > clipSigma * sigma || away < -clipSigma * sigma) deviating++;
  }
  if (deviating <= largestShare * compared) return undefined;
  return `${((100 * deviating) / compared).toFixed(1)} % of its pixels deviate from its predecessor by over ${clipSigma} sigma`;
}

function medianDifference(a: Float32Array, b: Float32Array): number {
  // An odd step samples every column and every colour of a mosaic.
  const step = Math.max(1, Math.ceil(a.length / sampleSize)) | 1;
  const differences = new Float64Array(Math.ceil(a.length / step));
  let n = 0;
  for (let i = 0; i < a.length; i += step) {
    const difference = a[i]! - b[i]!;
    if (difference - difference === 0) differences[n++] = difference;
  }
  return n === 0 ? 0 : medianInPlace(differences, n);
}
