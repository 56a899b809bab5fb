import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { threadedCrew } from '../../agent/reduction/threads.ts';
import { pipelineFrames } from '../../cli/reduce.ts';
import { differencePlanes } from '../../pipeline/difference/subtract.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { memberOf, type StackMember } from '../../pipeline/stack/member.ts';
import { stackPlanes } from '../../pipeline/stack/stack.ts';
import type { MeasuredPlane } from '../../pipeline/stages/state.ts';
import { median } from '../photometry/score.ts';

const numbers = [3, 6, 12, 24];
const nReference = 12;
const every = 8;

/** Limits of stacks of a folder's frames, and the noise of the difference of every eighth frame with a stack. */
export async function realFrames(folder: string): Promise<void> {
  const paths = readdirSync(folder)
    .filter((name) => /\.fits?$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
  const crew = threadedCrew(availableParallelism());
  try {
    const members: StackMember[] = [];
    const limits = new Map<string, number>();
    const some: { name: string; measured: MeasuredPlane }[] = [];
    for await (const frame of pipelineFrames(paths, { solve: false, out: '.' }, crew)) {
      if ('reason' in frame) continue;
      const measured = frame.reply.product.measured[0]!;
      const { plane, measurement } = measured;
      const member = memberOf(frame.job.stem, plane, measurement, { exposureS: undefined, midUtc: undefined });
      if (!member) continue;
      if (members.length % every === 0) some.push({ name: member.name, measured });
      members.push(member);
      limits.set(member.name, measurement.limitFluxE);
    }
    console.log(`${members.length} frames; limits in electrons of one frame (forced S/N 5)`);
    for (const best of numbers) {
      const stack = await stackPlanes(members, crew, { best });
      if (stack.kind !== 'stacked') {
        console.log(`${best}: ${stack.reason}`);
        continue;
      }
      const measurement = await measurePlane(stack.plane, {}, crew);
      const single = median(stack.members.map(({ name, fluxScale }) => limits.get(name)! / fluxScale));
      const limit = measurement.limitFluxE / stack.gain;
      const gain = single / limit;
      console.log(
        `stack of ${best}: limit ${limit.toFixed(1)}, of one of its frames ${single.toFixed(1)}: ${gain.toFixed(2)} times deeper` +
          ` (root ${Math.sqrt(stack.members.length).toFixed(2)}), ${(2.5 * Math.log10(gain)).toFixed(2)} mag;` +
          ` ${measurement.sources.count} stars, FWHM ${measurement.psf!.fwhmPx.toFixed(2)} px,` +
          ` registered to ${median(stack.members.map(({ rmsPx }) => rmsPx)).toFixed(3)} px`,
      );
      if (best !== nReference) continue;
      const reference = { plane: stack.plane, measurement };
      for (const { name, measured } of some) await subtract(name, measured, reference);
    }
  } finally {
    await crew.close();
  }

  async function subtract(name: string, measured: MeasuredPlane, reference: MeasuredPlane): Promise<void> {
    const outcome = await differencePlanes(measured, reference, crew);
    if (outcome.kind !== 'differenced') {
      console.log(`${name}: ${outcome.reason}`);
      return;
    }
    const { skyRmsE, expectedRmsE, errorFactor, misfit, convolved, degree, nStars, fwhmPx } = outcome;
    console.log(
      `  ${name} less the stack: FWHM ${fwhmPx.toFixed(2)} px, ${convolved} convolved, degree ${degree}, ${nStars} stars;` +
        ` noise of the sky ${skyRmsE.toFixed(3)} e-, ${(skyRmsE / expectedRmsE).toFixed(3)} of what is expected;` +
        ` blank places scatter ${errorFactor.toFixed(2)} of their errors; stars leave ${(100 * misfit).toFixed(1)} %`,
    );
  }
}
