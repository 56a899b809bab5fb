import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { calibrateStage } from '../../../../pipeline/stages/calibrate.ts';
import type { RawState, ReduceTools } from '../../../../pipeline/stages/state.ts';

test('the level that software left in a calibrated frame is taken out; in a raw frame it is part of the bias', async () => {
  const [width, height] = [8, 8];
  const levelsOf = async (text: string) => {
    const state = {
      facts: resolveHeader(headerFromText(text), dialectTable),
      image: { width, height, pixels: new Float32Array(width * height).fill(350) },
      masters: {},
      detector: { configured: { gainEPerAdu: 2 } },
      linearity: undefined,
    } as unknown as RawState;
    const { planes } = await calibrateStage.run(state, {
      crew: soloCrew(kernels),
      isOver: () => false,
    } satisfies ReduceTools);
    return { level: planes[0]!.electrons[9], isKnown: planes[0]!.noise.pedestalKnown };
  };
  assert.deepEqual(await levelsOf("CALSTAT = 'BDF'\nPEDESTAL= -100"), { level: 500, isKnown: true });
  assert.deepEqual(await levelsOf("CALSTAT = 'BDF'"), { level: 700, isKnown: true });
  assert.deepEqual(await levelsOf('PEDESTAL= -100'), { level: 700, isKnown: false });
});
