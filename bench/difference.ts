/**
 * Stacking and difference imaging against truth: node bench/difference.ts [--seeds 4] [--frames FOLDER]
 * Simulated fields of stars and galaxies with targets off the galaxies' centres, observed in changing seeing: the depth
 * of stacks, and the errors of the targets' fluxes by difference and by direct PSF photometry. With a folder of frames
 * of one field (the HAT-P-32 night) also the limits of stacks of them and the noise of the difference of each of some
 * frames with a stack.
 */
import { parseArgs } from 'node:util';
import { type Epoch, hostField, measureTargets, observe, observeReference } from '../test/support/host-epochs.ts';
import { realFrames } from './difference/real-frames.ts';
import { stackDepth } from './difference/stack-depth.ts';
import { median, robustWidth } from './photometry/score.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '4' }, frames: { type: 'string' } } });

const epochs: readonly Epoch[] = [
  { fwhmPx: 2.6, transparency: 1, targetE: 4000 },
  { fwhmPx: 3.1, transparency: 0.9, targetE: 4000 },
  { fwhmPx: 3.6, transparency: 0.8, targetE: 4000 },
  { fwhmPx: 4.4, transparency: 0.85, targetE: 4000 },
  { fwhmPx: 3.1, transparency: 1, targetE: 0 },
  { fwhmPx: 4.4, transparency: 0.85, targetE: 0 },
];

if (Number(values.seeds) > 0) {
  await stackDepth(Number(values.seeds));
  await hosts(Number(values.seeds));
}
if (values.frames !== undefined) await realFrames(values.frames);

async function hosts(nSeeds: number): Promise<void> {
  const errors = epochs.map(() => ({
    difference: [] as { error: number; sigma: number }[],
    direct: [] as { error: number; sigma: number }[],
    factors: [] as number[],
    noise: [] as number[],
  }));
  for (let seed = 0; seed < nSeeds; seed++) {
    const field = hostField(620, 320, 1000 * seed + 7);
    const reference = await observeReference(field, 6, 1000 * seed + 50);
    for (const [e, epoch] of epochs.entries()) {
      const { difference, direct, outcome } = await measureTargets(
        field,
        await observe(field, epoch, 1000 * seed + 500 + 20 * e),
        epoch,
        reference,
      );
      errors[e]!.difference.push(...difference);
      errors[e]!.direct.push(...direct);
      errors[e]!.factors.push(outcome.errorFactor);
      errors[e]!.noise.push(outcome.skyRmsE / outcome.expectedRmsE);
    }
  }
  console.log(
    `${errors[0]!.difference.length} targets in galaxies for each epoch; reference of 6 frames, FWHM 2.8-3.2 px`,
  );
  console.log(
    'FWHM  true e- | difference: bias e-   sigma  pull width | direct: bias e-  width e- | factor  noise/expected',
  );
  const all: number[] = [];
  epochs.forEach(({ fwhmPx, targetE, transparency }, e) => {
    const { difference, direct, factors, noise } = errors[e]!;
    const sigmas = difference.map(({ sigma }) => sigma);
    all.push(...sigmas);
    const bias = median(difference.map(({ error }) => error));
    console.log(
      [
        fwhmPx.toFixed(1),
        (targetE * transparency).toFixed(0).padStart(7),
        ' | ',
        bias.toFixed(0).padStart(8),
        median(sigmas).toFixed(2).padStart(8),
        robustWidth(sigmas).toFixed(2).padStart(8),
        ' | ',
        median(direct.map(({ error }) => error))
          .toFixed(0)
          .padStart(8),
        robustWidth(direct.map(({ error }) => error))
          .toFixed(0)
          .padStart(8),
        ' | ',
        median(factors).toFixed(2),
        median(noise).toFixed(3),
      ].join('  '),
    );
  });
  console.log(
    `all epochs: median ${median(all).toFixed(3)} sigma, pull width ${robustWidth(all).toFixed(3)} of ${all.length}`,
  );
}
