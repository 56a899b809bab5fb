import type { Card } from '../fits/card.ts';
import type { Fact, FrameKind } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { durationUnits, unitOf } from './units.ts';
import { asAngle, asNumber } from './values.ts';

/** How long the shutter was open, as far as the cards agree. */
export interface ResolvedExposure {
  readonly exposureS: Fact<number> | undefined;
  /** From first to last light, where a card tells it. */
  readonly elapsedS: Reading<number> | undefined;
  /** What the cards say against each other. */
  readonly contradictions: readonly string[];
}

/** Exposures that differ by no more than this, absolute (s) or of themselves, are one: what was asked and what was measured. */
const sameS = 0.1;
const sameFraction = 0.01;

/**
 * Exposure time in seconds, whatever unit the card's value, comment or keyword states. Cards that disagree lower its
 * confidence. Nothing is no exposure of a frame that shows light.
 */
export function resolveExposure(lookup: Lookup): ResolvedExposure {
  const all = [...lookup.findAll('exposureS', durationS), ...lookup.findAll('exposureMs', durationMs)];
  const isStated = all[0]?.card === 'configuration';
  const readings = isStated ? all.slice(0, 1) : all;
  // A card of zero beside one that is not is a field that was never filled.
  const first = readings.find(({ value }) => value > 0) ?? readings[0];
  const elapsedS = lookup.findAll('elapsedS', durationS).find(({ value }) => value > 0);
  if (!first) {
    return {
      exposureS: elapsedS && { value: elapsedS.value, card: elapsedS.card, confidence: 'low' },
      elapsedS,
      contradictions: [],
    };
  }
  const other = readings.find(({ value }) => value > 0 && !isSame(value, first.value));
  const contradictions = other ? [`${quoteReading(first)} and ${quoteReading(other)} tell two exposure times`] : [];
  if (elapsedS && first.value > 0 && elapsedS.value < first.value && !isSame(elapsedS.value, first.value)) {
    contradictions.push(`${quoteReading(elapsedS)} is shorter than ${quoteReading(first)}`);
  }
  const confidence = contradictions.length > 0 ? 'low' : first.confidence;
  return { exposureS: { value: first.value, card: first.card, confidence }, elapsedS, contradictions };
}

/** Takes an exposure of zero from a light frame: whatever it shows, that is not its exposure time. */
export function withoutZero(exposure: ResolvedExposure, kind: FrameKind, warnings: string[]): ResolvedExposure {
  const { exposureS } = exposure;
  if (kind !== 'light' || exposureS === undefined || exposureS.value > 0) return exposure;
  warnings.push(`${exposureS.card} is zero on a light frame: its exposure time is not known`);
  const { elapsedS } = exposure;
  return { ...exposure, exposureS: elapsedS && { value: elapsedS.value, card: elapsedS.card, confidence: 'low' } };
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(sameS, sameFraction * Math.max(a, b));
}

/** No shutter stays open for longer, s: a larger number is of another unit. */
const longestS = 86400;

function durationS(value: string | number | boolean, keyword: string, source?: Card): number | undefined {
  return durationOf(value, source, worthByKeyword(keyword));
}

function durationMs(value: string | number | boolean, _keyword: string, source?: Card): number | undefined {
  return durationOf(value, source, 1e-3);
}

/** Seconds, in the unit of the text, else of the comment, else of what is worth so many seconds. */
function durationOf(value: string | number | boolean, source: Card | undefined, worth: number): number | undefined {
  const read = numberWithUnit(value);
  if (!read) return undefined;
  const seconds = read.number * (read.worth ?? unitOf(source?.comment ?? '', durationUnits) ?? worth);
  return seconds >= 0 && seconds <= longestS ? seconds : undefined;
}

/** A number, `30 s`, `0,5 min`, `1/30`, or `00:05:00`. */
function numberWithUnit(value: string | number | boolean): { number: number; worth?: number } | undefined {
  const number = asNumber(value);
  if (number !== undefined) return { number };
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,2}:\d{2}:\d{2}/.test(text)) {
    const hours = asAngle(text);
    return hours === undefined ? undefined : { number: hours, worth: 3600 };
  }
  const match = /^(\d+(?:[.,]\d*)?|[.,]\d+)(?: ?\/ ?(\d+))? ?(.*)$/.exec(text);
  if (!match) return undefined;
  const quotient = Number(match[1]!.replace(',', '.')) / Number(match[2] ?? 1);
  if (!Number.isFinite(quotient)) return undefined;
  if (match[3] === '') return { number: quotient };
  const worth = unitOf(match[3]!, durationUnits);
  return worth === undefined ? undefined : { number: quotient, worth };
}

/** The unit that some programs put into the keyword: EXPOINUS, EXPMIN. */
function worthByKeyword(keyword: string): number {
  if (/US$/.test(keyword)) return 1e-6;
  if (/MS$/.test(keyword)) return 1e-3;
  return /MINS?$/.test(keyword) ? 60 : 1;
}
