import type { Draft } from './draft.ts';

/** Julian Date of the Unix epoch. */
const unixEpochJd = 2_440_587.5;
const dayMs = 86_400_000;
/** Keys of a block whose value here is the same by another name. */
const names: Readonly<Record<string, string>> = {
  RA: 'ra',
  DEC: 'dec',
  Exptime: 'exposure',
  OptNInt: 'count',
  MaxAirmass: 'maxairmass',
};

/**
 * The observing blocks in the text of an e-mail, as BHTOM sends them to telescopes: `[STARTxxxOB]` to `[ENDxxxOB]`, in
 * sections of lines `Key: value`, `#` before a comment, 0 where a limit is not meant. Names have `_` for blanks. A block
 * does not name its filter. Its password is read over.
 */
export function draftsOfBlocks(text: string): Draft[] {
  const blocks = text.matchAll(/\[START(\w*)OB\]([\s\S]*?)\[END\1OB\]/g);
  return [...blocks].map(([, , block]) => draftOf(valuesOf(block!)));
}

/** Whether a text holds the beginning of a block. */
export function hasBlocks(text: string): boolean {
  return /\[START\w*OB\]/.test(text);
}

function valuesOf(block: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    // An answer to a mail has marks before its lines.
    const found = /^[>\s]*(\w+)\s*:\s*([^#]*)/.exec(line);
    if (found) values.set(found[1]!, found[2]!.trim());
  }
  return values;
}

function draftOf(values: ReadonlyMap<string, string>): Draft {
  const draft: Record<string, unknown> = { name: values.get('TargetName')?.replaceAll('_', ' ') };
  for (const [key, name] of Object.entries(names)) {
    const value = values.get(key);
    if (value !== undefined && !(key === 'MaxAirmass' && Number(value) === 0)) draft[name] = value;
  }
  const [minJd, maxJd, strictJd, isPeriodic, periodDays, priority] = [
    'MinJD',
    'MaxJD',
    'StrictJD',
    'PeriodicalTarget',
    'Period',
    'Priority',
  ].map((key) => Number(values.get(key) ?? 0));
  if (minJd! > 0) draft.start = new Date((minJd! - unixEpochJd) * dayMs);
  if (maxJd! > 0) draft.end = new Date((maxJd! - unixEpochJd) * dayMs);
  if (strictJd! > 0) draft.start = new Date((strictJd! - unixEpochJd) * dayMs);
  if (isPeriodic === 1 && periodDays! > 0) draft.everydays = periodDays;
  // There 0 comes first, then 1, 2 and so on.
  if (values.has('Priority')) draft.priority = Math.max(0, 100 - 10 * priority!);
  return draft;
}
