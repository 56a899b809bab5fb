import type { TestContext } from 'node:test';
import { parseArgs } from 'node:util';
import { soak } from './soak/campaign.ts';
import { type SoakKindName, soakKinds } from './soak/kinds.ts';

/**
 * Kills the delivery again and again and compares at the end:
 *
 *     npm run soak -- [--kills 1000] [--seed 1] [--kind hub|bhtom2|tom]
 *
 * All kinds where none is named. Ends with 1 when anything is missing, doubled, changed or was never measured.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
  },
});
const kinds = (values.kind === undefined ? Object.keys(soakKinds) : [values.kind]) as SoakKindName[];
const afters: (() => unknown)[] = [];
const context = { after: (work: () => unknown) => void afters.push(work) } as unknown as TestContext;
try {
  for (const kind of kinds) {
    const kills = Number(values.kills);
    const onKill = (done: number) => {
      if (done % 50 === 0) console.error(`${kind}: ${done} of ${kills}`);
    };
    const { deaths, faults, ...report } = await soak(context, { kind, kills, seed: Number(values.seed), onKill });
    console.log(`${kind}: ${JSON.stringify(report)}`);
    console.log(`  deaths: ${JSON.stringify(deaths)}`);
    console.log(`  faults: ${JSON.stringify(faults)}`);
    const { missing, doubled, spurious, changed, isFreshThere } = report;
    if (missing + doubled + spurious + changed > 0 || !isFreshThere) process.exitCode = 1;
  }
} finally {
  for (const after of afters.reverse()) await after();
}
