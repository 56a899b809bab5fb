/**
 * How true limits are: node bench/limits.ts [--frames 10] [--blank 1000]
 * On simulated frames: the scatter of forced fluxes at blank places over their errors (wanted: 0.95 to 1.05, at most
 * 0.27 % beyond +3 sigma), and the share of stars of the flux of 5 sigma that exceed 5 sigma (wanted: 45 to 55 %).
 */
import { parseArgs } from 'node:util';
import { crowded, figuresOf, scoreBlanks, sparse, undersampled } from './photometry/blank-places.ts';

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '10' }, blank: { type: 'string', default: '1000' } },
});
console.log('scene          blank places  pull mean  pull width  beyond +3 sigma  stars at the limit  above 5 sigma');
for (const scene of [sparse, crowded, undersampled]) {
  const judgements = [];
  for (let seed = 1; seed <= Number(values.frames); seed++) {
    judgements.push(await scoreBlanks(scene, seed, Number(values.blank)));
  }
  const { nBlank, pullMean, pullWidth, beyond3, nInjected, exceededShare } = figuresOf(judgements);
  console.log(
    [
      scene.name.padEnd(14),
      String(nBlank).padStart(12),
      pullMean.toFixed(3).padStart(10),
      pullWidth.toFixed(3).padStart(11),
      `${(100 * beyond3).toFixed(2)} %`.padStart(16),
      String(nInjected).padStart(19),
      `${(100 * exceededShare).toFixed(1)} %`.padStart(14),
    ].join(' '),
  );
}
