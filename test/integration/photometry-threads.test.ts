import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { threadedCrew } from '../../agent/reduction/threads.ts';
import { soloCrew } from '../../pipeline/crew.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { paint, randomStars } from '../unit/pipeline/photometry/paint.ts';

describe('the reduction on several threads', async () => {
  const plane = paint({
    width: 512,
    height: 500,
    stars: randomStars(700, 512, 900, 3e5, 0.7, 5),
    fwhmPx: 3.1,
    skyE: 400,
    gradient: 0.1,
    seed: 6,
  });
  const options = { positions: [{ x: 100.5, y: 200.25 }] };
  const alone = await measurePlane(plane, options, soloCrew(kernels));

  for (const threads of [1, 2, 4]) {
    const crew = threadedCrew(threads);
    after(() => crew.close());
    it(`gives the same bits on ${threads}`, async () => {
      const result = await measurePlane(plane, options, crew);
      assert.ok(result.sources.count > 400);
      assert.deepStrictEqual(result.sources, alone.sources);
      assert.deepStrictEqual(result.forced, alone.forced);
      assert.deepStrictEqual(result.psf, alone.psf);
      assert.equal(result.limitFluxE, alone.limitFluxE);
    });
  }

  it('tells which kernel failed', async () => {
    const crew = threadedCrew(2);
    after(() => crew.close());
    // A part reads typed arrays that are not there.
    await assert.rejects(crew.run('skyMesh', {} as never, 4));
  });
});
