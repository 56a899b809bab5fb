import type { Header } from '../fits/header.ts';
import { BadFits } from '../fits/limits.ts';

/** What one of a file's numbers is. */
export interface PixelUnit {
  readonly isElectrons: boolean;
  /** Whether it counts for each second of the exposure. */
  readonly isRate: boolean;
  /** BUNIT, as it stands. */
  readonly text: string;
}

const perSecond = /\s*(?:(?:\/|per)\s*s(?:ec(?:ond)?)?s?|[\s*.]*s(?:ec)?\s*(?:\^|\*\*)?\s*\(?-1\)?)\s*$/i;
const electrons = /^(?:e-?|el|elec|(?:photo-?)?electrons?|photons?|phot)$/i;
const counts = /^(?:adu?s?|dns?|counts?|cts?|ct|du|raw counts?)$/i;
/** Light in units that no detector counts in: calibrated surveys and stacks. */
const physical = /jy\b|jansky|magn?(?:itude)?s?\b|maggy|maggies|erg|watt|\bsr\b|steradian|kelvin|flam|fnu/i;

/**
 * The unit that BUNIT states; undefined where it says nothing that is known, or counts. Throws `BadFits` (unsupported) for units of
 * calibrated light, from which no noise can be told.
 */
export function pixelUnit(header: Header): PixelUnit | undefined {
  const text = header.string('BUNIT')?.trim() ?? '';
  const isRate = perSecond.test(text);
  const bare = text.replace(perSecond, '').trim();
  if (electrons.test(bare)) return { isElectrons: true, isRate, text };
  if (counts.test(bare)) return isRate ? { isElectrons: false, isRate, text } : undefined;
  if (physical.test(text)) {
    throw new BadFits(
      'unsupported',
      `the pixels are in ${text} (BUNIT), not in counts of a detector: only raw or calibrated counts can be measured`,
    );
  }
  return undefined;
}
