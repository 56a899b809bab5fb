import type { FrameKind, Refusal } from './facts.ts';
import type { Lookup } from './lookup.ts';
import type { FrameContext } from './resolve.ts';
import { findStack } from './stack.ts';

/** Steps in the history of a file after which its pixels are no longer proportional to light. */
const stretchPattern = /histogram ?transf|stretch(ed|ing)?\b|asinh|gamma (correction|=)|curves? ?transf|ddp\b/i;

function nameOf({ path }: FrameContext): string {
  return path?.split(/[\\/]/).at(-1) ?? '';
}

/**
 * Why this frame is no raw exposure, as far as its header tells. Calibration frames may be combined; of a cube only one plane would be
 * used, so that is refused for every kind.
 */
export function findRefusals(
  lookup: Lookup,
  kind: FrameKind,
  exposureS: number | undefined,
  context: FrameContext,
): Refusal[] {
  const { nPlanes = 1 } = context;
  if (kind !== 'light') return nPlanes > 1 ? [cube(nPlanes)] : [];
  const { dialect, header } = lookup;
  const refusals: Refusal[] = [];
  if (dialect.refuse !== undefined) refusals.push({ code: 'processed', reason: dialect.refuse });
  const stack = findStack(lookup, exposureS, nameOf(context));
  if (stack !== undefined) {
    refusals.push({
      code: 'live-stack',
      reason: `the file is a stack of ${stack}: save the single raw frames, only they can be measured`,
    });
  }
  if (nPlanes === 3) {
    refusals.push({
      code: 'debayered',
      reason: 'the file holds three colour planes, so it was debayered: save raw frames instead',
    });
  } else if (nPlanes > 1) refusals.push(cube(nPlanes));
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

/** No card tells for certain when each plane was exposed, and one plane alone would be a number for the wrong moment. */
function cube(nPlanes: number): Refusal {
  return {
    code: 'cube',
    reason: `the file is a cube of ${nPlanes} planes, each an exposure of its own moment: save each exposure as a file of its own`,
  };
}
