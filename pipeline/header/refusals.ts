import type { FrameKind, Refusal } from './facts.ts';
import { holds, type Lookup } from './lookup.ts';
import type { FrameContext } from './resolve.ts';
import { asNumber } from './values.ts';

/** Steps in the history of a file after which its pixels are no longer proportional to light. */
const stretchPattern = /histogram ?transf|stretch(ed|ing)?\b|asinh|gamma (correction|=)|curves? ?transf|ddp\b/i;

function nameOf({ path }: FrameContext): string {
  return path?.split(/[\\/]/).at(-1) ?? '';
}

/** Why this frame is no raw exposure, as far as its header tells; empty for calibration frames, which may be combined. */
export function findRefusals(lookup: Lookup, kind: FrameKind, context: FrameContext): Refusal[] {
  if (kind !== 'light') return [];
  const { dialect, header } = lookup;
  const refusals: Refusal[] = [];
  if (dialect.refuse !== undefined) refusals.push({ code: 'processed', reason: dialect.refuse });
  const stack = lookup.find('stackCount', asNumber);
  const isNamedStack = dialect.stackNames !== undefined && new RegExp(dialect.stackNames, 'i').test(nameOf(context));
  if ((stack && stack.value > 1) || isNamedStack || dialect.stackWhen?.some((test) => holds(test, header))) {
    const count = stack && stack.value > 1 ? `${stack.value} exposures (${stack.card})` : 'several exposures';
    refusals.push({
      code: 'live-stack',
      reason: `the file is a stack of ${count}: save the single raw frames, only they can be measured`,
    });
  }
  if (context.nPlanes === 3) {
    refusals.push({
      code: 'debayered',
      reason: 'the file holds three colour planes, so it was debayered: save raw frames instead',
    });
  }
  const stretched = header.cards.find(
    (card) => card.keyword === 'HISTORY' && stretchPattern.test(card.comment) && !/screen|display/i.test(card.comment),
  );
  if (stretched) {
    refusals.push({
      code: 'stretched',
      reason: `the pixels were stretched ("${stretched.comment.trim()}") and no longer tell the light: save raw frames`,
    });
  }
  return refusals;
}
