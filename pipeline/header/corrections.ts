import type { CardValue } from '../fits/card.ts';
import type { FrameFacts } from './facts.ts';
import type { Lookup } from './lookup.ts';

type Correction = keyof FrameFacts['calibrated'];

/** Cards of one step each: a date, a master's name or a word of consent says that it was done (IRAF ccdred, HST, LCO, ccdproc). */
const stepCards: Readonly<Record<Correction, readonly string[]>> = {
  // A frame whose overscan was subtracted has lost its level: no bias may be subtracted again.
  bias: ['ZEROCOR', 'BIASCOR', 'BIASCORR', 'OVERSCAN', 'SUBBIAS', 'SUBOVER', 'L1STATBI', 'BIASSUB', 'BIAS_SUB', 'BIASFILE'],
  dark: ['DARKCOR', 'DARKCORR', 'SUBDARK', 'L1STATDA', 'DARKSUB', 'DARK_SUB', 'DARKFILE'],
  flat: ['FLATCOR', 'FLATCORR', 'L1STATFL', 'FLATTED', 'FLATFLD', 'FLATFILE'],
}; // biome-ignore format: lists of keywords

const refusing =
  /^(f|false|n|no|none|off|0|nil|null|omit(ted)?|perform|skip(ped)?|pending|incomplete|missing|unknown|n\/a|raw|never|not\b.*|un[a-z]+|-+)?$/i;
const consenting = /^(t|true|y|yes|on|1|done|complete[d]?|full|fully|all|calibrated|corrected|reduced|processed)$/i;

/** Which corrections the acquisition software says that it applied already. */
export function resolveCorrections(lookup: Lookup): FrameFacts['calibrated'] {
  const status = lookup.find('calibrationStatus', String)?.value.trim() ?? '';
  const isDone = (step: Correction) =>
    saidByStatus(status, step) || stepCards[step].some((card) => isStepDone(lookup.header.value(card)));
  return { bias: isDone('bias'), dark: isDone('dark'), flat: isDone('flat') };
}

/** The letters of MaxIm DL (`BDF`), words, or one word for all; words that deny deny. */
function saidByStatus(status: string, step: Correction): boolean {
  if (refusing.test(status) && status.toUpperCase() !== 'F') return false;
  if (consenting.test(status)) return true;
  const letters = status.toUpperCase().replace(/[\s,;+/|&._-]/g, '');
  // Beside them MaxIm and AstroImageJ write M, N, L, O, P, C, T and R for steps that are none of these.
  if (/^[BDF][BDFMNLOPCTRI0-9]*$/.test(letters)) return letters.includes(step[0]!.toUpperCase());
  const names = { bias: 'bias|zero|offset|overscan', dark: 'dark', flat: 'flat' }[step];
  const said = new RegExp(
    `(\\b(?:no|not|non|without|un|minus)[ _-]*)?(?:${names})[a-z ]*(?:[:=] *([a-z0-9]+))?`,
    'i',
  ).exec(status.replaceAll('_', ' '));
  return said !== null && said[1] === undefined && (said[2] === undefined || !refusing.test(said[2]));
}

function isStepDone(value: CardValue): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  return !refusing.test(String(value).trim());
}
