import assert from 'node:assert/strict';
import { it } from 'node:test';
import { soak } from './soak/campaign.ts';

/** `npm run soak` is the long form. */
const kills = Number(process.env.BHTOM_EDGE_SOAK_KILLS ?? 5);

for (const kind of ['hub', 'bhtom2', 'tom'] as const) {
  it(`${kind}: nothing is lost, doubled or changed by deaths, a bad way and wrong clocks`, async (t) => {
    const { missing, doubled, spurious, changed, isFreshThere, deaths } = await soak(t, { kind, kills, seed: 5 });
    assert.deepEqual({ missing, doubled, spurious, changed }, { missing: 0, doubled: 0, spurious: 0, changed: 0 });
    assert.equal(isFreshThere, true);
    const died = Object.values(deaths).reduce((sum, n) => sum + n, 0);
    assert.ok(died >= kills - 2, `only ${died} of ${kills} died: the work was done before`);
  });
}
