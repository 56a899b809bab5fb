import { type CombineOptions, type CombineOutcome, combineMaster } from '../../pipeline/combine/combine.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import type { MeasuredDetector } from '../store/master.ts';
import { type FlatMember, measureDetector } from './measure-detector.ts';

/**
 * Combines a set of frames, and measures the detector where they are flats and two raw biases are at hand. A curve of linearity that
 * the flats themselves tell is taken out of them as it will be taken out of the light frames, unless the options know a
 * better one.
 */
export async function combineSet(
  members: readonly FlatMember[],
  biases: readonly MemberSource[],
  options: CombineOptions,
): Promise<{ readonly outcome: CombineOutcome; readonly detector: MeasuredDetector | undefined }> {
  const outcome = await combineMaster(members, options);
  if (outcome.kind === 'refused' || options.kind !== 'flat') return { outcome, detector: undefined };
  const names = new Set(outcome.used);
  const used = members.filter(({ name }) => names.has(name));
  const detector = await measureDetector(used, biases);
  const linearity = detector?.linearity;
  if (!linearity || options.linearity || !options.pedestal) return { outcome, detector };
  // Told by what is combined, so known only afterwards: few sites take flats of five exposures, and they wait twice as long.
  return { outcome: await combineMaster(members, { ...options, linearity }), detector };
}
