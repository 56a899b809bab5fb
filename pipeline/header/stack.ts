import type { Card } from '../fits/card.ts';
import { holds, type Lookup } from './lookup.ts';
import { asNumber } from './values.ts';

/** Keywords that number a frame within a series as often as they count what was combined: their comment decides. */
const unclear = new Set([
  'NUMFRAME',
  'NFRAMES',
  'NFRAME',
  'NIMAGES',
  'NUMIMAGE',
  'NUMIMGS',
  'NUMSUBS',
  'NSUBS',
  'NUMEXP',
  'NEXP',
  'FRAMENO',
  'COADDS',
]);
const combining = /combin|stack|averag|co-?add|summed|integrat|merged|median|mean of|total (number )?of/i;
const numbering =
  /running|sequen|serial|index|counter|current|this (frame|image|exposure)|(frame|image|exposure|file|sub|shot) (number|no\b|nr\b|#|id\b)|series|burst|requested|planned/i;

const typeOfStack =
  /master[ _-]?(light|object|science)|stack|integrat|co-?add|combined|averaged?\b|\bsum(med)?\b|mosaic/i;
/** Only what a program writes that has combined: settings and denials are passed over. */
const historyOfStack =
  /numberOfImages *[:=] *0*([2-9]|[1-9]\d)|ImageIntegration\b|\bimcombine\b|(live|sigma|median|mean|average|auto)?[ -]?stack(ed|ing (of|result|with))|stack(ed)? *[:=]? *\d+ (frames|images|exposures|subs)|(combined|integrat\w+|co-?added|averaged|median|sum|mean) (from|of|using)? ?\d+ (frames|images|exposures|subs|lights)|\b\d+ (frames|images|exposures|subs|lights) (were )?(combined|stacked|integrated|averaged|co-?added|summed)|EAA stack|drizzle[d]?\b/i;
const denial = /\b(no|not|never|off|disabled?|false|without|un\w+)\b|= *[f0]\b/i;
const nameOfStack = /(^|[^a-z])(masterlight|master[ _-]light|autosave\d*|live[ _-]?stack)([^a-z]|$)/i;

/** What says that a frame is a combination of several exposures, as `187 exposures (STACKCNT)`; undefined for a single one. */
export function findStack(lookup: Lookup, exposureS: number | undefined, fileName: string): string | undefined {
  const { header, dialect } = lookup;
  for (const { value, card, source } of lookup.findAll('stackCount', asNumber)) {
    if (value > 1 && isCountOfCombined(card, source?.comment ?? '')) return `${value} exposures (${card})`;
  }
  const type = lookup.find('kind', (value) => (typeOfStack.test(String(value)) ? String(value).trim() : undefined));
  if (type) return `several exposures (${type.card} = '${type.value}')`;
  if (dialect.stackWhen?.some((test) => holds(test, header))) return 'several exposures';
  const flag = ['STACKED', 'ISSTACK', 'STACK', 'LIVESTCK'].find((keyword) => isTrue(header.card(keyword)));
  if (flag) return `several exposures (${flag})`;
  const combined = header.cards.find(({ keyword }) => /^IMCMB\d+$|^STACK\d+$/.test(keyword));
  if (combined) return `several exposures (${combined.keyword})`;
  const livetimeS =
    header.number('LIVETIME') ?? header.number('TOTALEXP') ?? header.number('STACKEXP') ?? header.number('TOTEXP');
  const singleS = header.number('EXPTIME') ?? exposureS;
  if (livetimeS !== undefined && singleS !== undefined && singleS > 0 && livetimeS >= 1.9 * singleS) {
    return `several exposures (${livetimeS} s of light in exposures of ${singleS} s)`;
  }
  const told = header.cards.find(
    ({ keyword, comment }) =>
      (keyword === 'HISTORY' || keyword === 'COMMENT') && historyOfStack.test(comment) && !denial.test(comment),
  );
  if (told) return `several exposures ("${told.comment.trim()}")`;
  const isNamed = dialect.stackNames !== undefined && new RegExp(dialect.stackNames, 'i').test(fileName);
  if (isNamed || nameOfStack.test(fileName)) return `several exposures (the file's name)`;
  return undefined;
}

function isCountOfCombined(card: string, comment: string): boolean {
  if (combining.test(comment)) return true;
  if (numbering.test(comment)) return false;
  return !unclear.has(card);
}

function isTrue(card: Card | undefined): boolean {
  return card !== undefined && (card.value === true || /^(t|true|yes|y|on)$/i.test(String(card.value ?? '').trim()));
}
