import { addSeconds, type Mjd, normaliseMjd, secondsBetween } from '../time/mjd.ts';
import type { Moment, MomentRole } from './moment.ts';

/** Cards of one moment agree within this: less than the second that a good time promises. */
export const agreementS = 0.95;
/** Cards of one clock reading agree within this, and so confirm each other. */
const confirmationS = 0.1;
/** An end may come this much later than start and exposure, for shutter and readout, where the start is confirmed. */
export const longestReadoutS = 2;

/** The moment that the time rests on, the middle that follows from it, and all that the header says. */
export interface ComparedMoments {
  readonly best: Moment;
  readonly middle: Mjd;
  readonly moments: readonly Moment[];
  readonly exposureS: number;
}

/** Whether a role is that of the start of an exposure, as far as anybody knows. */
export function isStart(role: MomentRole): boolean {
  return role === 'start' || role === 'start or middle' || role === 'unclear';
}

/** How long after the middle of the exposure a role's moment is, s. */
export function sinceMiddle(role: MomentRole, exposureS: number): number {
  if (role === 'middle') return 0;
  return role === 'end' || role === 'file' ? exposureS / 2 : -exposureS / 2;
}

/**
 * Compares every other moment with the best: the reasons to doubt, and how many cards confirm it. What has a harmless
 * explanation (an end after the readout, a Julian Date of the middle) is a reason only where no other card confirms the best.
 */
export function compareMoments({ best, middle, moments, exposureS }: ComparedMoments): {
  reasons: string[];
  nConfirming: number;
} {
  const reasons: string[] = [];
  const explicable: string[] = [];
  let nConfirming = 0;
  for (const moment of moments) {
    const { role, zone, isDate, resolutionS, quote } = moment;
    if (moment === best || best.quote.includes(quote) || zone === 'local' || best.zone === 'local') continue;
    if (isDate && role === 'file') continue;
    const toleranceS = Math.max(
      agreementS,
      ...[moment, best].map((one) => (one.resolutionS > 1 ? one.resolutionS : 0)),
    );
    const offS = offsetS(moment, moment.role, middle, exposureS);
    const mayBeLate = role === 'file' || role === 'unclear';
    if (Math.abs(offS) <= toleranceS || (mayBeLate && offS > 0)) {
      if (!mayBeLate && resolutionS <= 1 && Math.abs(offS) <= confirmationS) nConfirming++;
      continue;
    }
    const isReadout = role === 'end' && offS > 0 && offS <= longestReadoutS;
    const isMiddle = role === 'start or middle' && Math.abs(offsetS(moment, 'middle', middle, exposureS)) <= toleranceS;
    (isReadout || isMiddle ? explicable : reasons).push(contradiction(best, moment, offS, exposureS));
  }
  return { reasons: nConfirming > 0 ? reasons : [...reasons, ...explicable], nConfirming };
}

/** Seconds by which a moment, of its role, is later than the middle of the exposure has it. */
export function offsetS({ mjd, isClock, isDate }: Moment, role: MomentRole, middle: Mjd, exposureS: number): number {
  // A date covers its day.
  if (isDate) return (mjd.day - middle.day) * 86400;
  const expected = addSeconds(middle, sinceMiddle(role, exposureS));
  if (!isClock) return secondsBetween(mjd, expected);
  return 86400 * (normaliseMjd(0, mjd.fraction - expected.fraction + 0.5).fraction - 0.5);
}

function contradiction(best: Moment, moment: Moment, offS: number, exposureS: number): string {
  const quotes = `(${moment.quote}, ${best.quote})`;
  if (moment.role === 'file')
    return `${moment.card} says that the file was written before the exposure ended ${quotes}`;
  if (moment.role === 'end' && isStart(best.role)) {
    if (exposureS + offS < 0) return `${moment.card} is before ${best.card} ${quotes}`;
    const spanS = Number((exposureS + offS).toFixed(3));
    return `${best.card} to ${moment.card} is ${spanS} s for an exposure of ${exposureS} s ${quotes}`;
  }
  const [subject, other] = best.role === 'middle' ? [best, moment] : [moment, best];
  const isQuarters = Math.abs(offS) > 890 && Math.abs(offS - 900 * Math.round(offS / 900)) < 3;
  const guess = isQuarters ? ': one of them may be local time' : '';
  const than = subject.role === 'middle' && isStart(other.role) ? ' plus half the exposure' : '';
  return `${subject.card} is ${Math.abs(offS).toFixed(1)} s away from ${other.card}${than} ${quotes}${guess}`;
}
