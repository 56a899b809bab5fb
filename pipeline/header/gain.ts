import type { Card } from '../fits/card.ts';
import type { Confidence, Fact, FrameFacts } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { asNumber, asPositiveMean } from './values.ts';

type Value = string | number | boolean;

const electron = '(?:photo-?)?(?:e(?:lectrons?|lec|l)?(?:[-_^]+|\u2212)?|electrons?)(?:[\'"])?';
const step =
  '(?:adus?|a\\/d(?: units?)?|analog.to.digital units?|dn|data (?:number|unit)s?|digital (?:number|unit)s?|counts?|cnts?|cts?|lsb|codes?|levels?)';
const per = ' ?(?:\\/|per|p(?=adu)) ?';
const electronsPerAdu = new RegExp(
  `(?<![a-z])${electron}(?:${per}\\(?${step}(?![a-z])| ${step}(?:\\^|\\*\\*)?-1)`,
  'i',
);
const aduPerElectron = new RegExp(`(?<![a-z])${step}${per}\\(?${electron}(?![a-z])`, 'i');
const electronsAlone = new RegExp(`[[(] ?${electron} ?[\\])]|(?:^|\\bin )(?:photo-?)?(?:e-|electrons?)$`, 'i');
/** Two values of the electrons per ADU agree within this. */
const sameFraction = 0.05;

/**
 * The gain as the camera counts it, and the electrons per ADU: from a card that holds them by its keyword, or from GAIN where
 * its comment gives it their unit.
 */
export function resolveGain(
  lookup: Lookup,
  warnings: string[],
): Pick<FrameFacts, 'gainSetting' | 'offsetSetting' | 'gainEPerAdu' | 'gainBeforeShift'> {
  const { dialect } = lookup;
  const offsetSetting = lookup.find('offsetSetting', asNumber);
  const worthOfGain = (value: Value, source: Card | undefined) =>
    ePerAduOf(value, source) ?? (dialect.gainIsEPerAdu ? 'as it is' : undefined);
  const gainSetting = lookup.find('gainSetting', (value, card, source) =>
    card === 'GAIN' && worthOfGain(value, source) !== undefined ? undefined : asNumber(value),
  );
  const stated = lookup.findAll('gainEPerAdu', (value, _card, source) =>
    converted(value, ePerAduOf(value, source) ?? 'as it is'),
  );
  const inGain = lookup
    .findAll('gainSetting', (value, card, source) => {
      const worth = card === 'GAIN' ? worthOfGain(value, source) : undefined;
      return worth && converted(value, worth);
    })
    .filter(({ card }) => card === 'GAIN');
  const [first, ...others] = [...stated, ...inGain];
  if (!first) return { gainSetting, offsetSetting, gainEPerAdu: undefined, gainBeforeShift: false };
  const gainBeforeShift = dialect.eGainBeforeShift === true && first.card === 'EGAIN';
  const gainEPerAdu = gainBeforeShift
    ? capped(first, dialect.eGainConfidence)
    : compared(first, others, lookup, warnings);
  return { gainSetting, offsetSetting, gainEPerAdu, gainBeforeShift };
}

/** A number with its unit behind it in the same text. */
const withUnit = /^\s*([\d.,]+)\s*([a-z[(].*)$/i;

/** How value or comment want a gain to be read as electrons per ADU; undefined where they give no such unit. */
function ePerAduOf(value: Value, source: Card | undefined): 'as it is' | 'inverse' | undefined {
  const texts = [withUnit.exec(String(value))?.[2] ?? '', source?.comment ?? ''].map((text) => text.trim());
  if (texts.some((text) => electronsPerAdu.test(text) || electronsAlone.test(text))) return 'as it is';
  return texts.some((text) => aduPerElectron.test(text)) ? 'inverse' : undefined;
}

function converted(value: Value, reading: 'as it is' | 'inverse'): number | undefined {
  const number = asPositiveMean(withUnit.exec(String(value))?.[1] ?? value);
  return number !== undefined && reading === 'inverse' ? 1 / number : number;
}

/** Lowers the confidence of a gain that another card contradicts. */
function compared(
  first: Reading<number>,
  others: readonly Reading<number>[],
  lookup: Lookup,
  warnings: string[],
): Fact<number> {
  const fact = capped(first, first.card === 'GAIN' ? undefined : lookup.dialect.eGainConfidence);
  const other = others.find(({ value }) => Math.abs(value / first.value - 1) > sameFraction);
  if (!other || first.card === 'configuration' || lookup.dialect.eGainBeforeShift) return fact;
  warnings.push(`${quoteReading(first)} and ${quoteReading(other)} tell two gains: ${first.card} is taken, with doubt`);
  return { ...fact, confidence: 'low' };
}

function capped({ value, card, confidence }: Reading<number>, cap: Confidence | undefined): Fact<number> {
  return { value, card, confidence: card === 'configuration' ? 'high' : (cap ?? confidence) };
}
