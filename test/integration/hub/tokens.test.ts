import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ManualClock, systemClock } from '../../../base/clock.ts';
import { startHub } from '../../../hub/hub.ts';
import { readTokens, watchedTokens } from '../../../hub/tokens.ts';
import { hubFor, testTokens } from '../../support/hub.ts';
import { silent, temporaryFolder } from '../../support/parcels.ts';

function tokenFile(t: TestContext, text: string): string {
  const path = join(temporaryFolder(t), 'tokens');
  writeFileSync(path, text);
  return path;
}

describe('the token file', () => {
  it('names sites and the operator, with comments and more than one token of a site', (t) => {
    const tokens = readTokens(
      tokenFile(t, '# who may\r\n\r\nhere  first-token-of-here\nhere second-token-of-here\n* the-operators-token\n'),
    );
    assert.equal(tokens.siteOf('first-token-of-here'), 'here');
    assert.equal(tokens.siteOf('second-token-of-here'), 'here');
    assert.equal(tokens.siteOf('the-operators-token'), '*');
    assert.equal(tokens.siteOf('the-operators-toke'), undefined);
    assert.equal(tokens.siteOf(''), undefined);
    assert.deepEqual([tokens.knows('here'), tokens.knows('there'), tokens.knows('*')], [true, false, false]);
  });

  it('is refused with every fault named, and no token shown', (t) => {
    const path = tokenFile(
      t,
      'here short\nthere a-token-long-enough extra\na same-token-of-two-sites\nb same-token-of-two-sites\n',
    );
    assert.throws(
      () => readTokens(path),
      (error: Error) => {
        assert.match(error.message, /line 1: .*16.*line 2 .*line 4: .*earlier/);
        assert.doesNotMatch(error.message, /long-enough|same-token/);
        return true;
      },
    );
    assert.throws(() => readTokens(tokenFile(t, '# nobody\n')), { code: 'TOKEN_FILE' });
    assert.throws(() => readTokens('/no/such/file'), { code: 'TOKEN_FILE' });
  });
});

it('a token file counts as it stands: a new site is let in and a withdrawn token is not, without a restart', async (t) => {
  const path = tokenFile(t, 'here the-token-of-here-1\n');
  const clock = new ManualClock(0);
  const faults: unknown[] = [];
  const tokens = watchedTokens(path, clock, (error) => faults.push(error));
  const later = async (text: string) => {
    writeFileSync(path, text);
    await clock.advance(2000);
  };
  await later('there the-token-of-there\n');
  assert.deepEqual([tokens.siteOf('the-token-of-there'), tokens.siteOf('the-token-of-here-1')], ['there', undefined]);
  await later('nonsense\n');
  assert.equal(tokens.knows('there'), true, 'a file that is wrong changes nothing');
  assert.equal(tokens.siteOf('the-token-of-there'), 'there');
  assert.equal(faults.length, 1, 'and is told once');
  await later('there the-token-of-there\nhere the-token-of-here-2\n');
  assert.equal(tokens.siteOf('the-token-of-here-2'), 'here');
});

it('a hub says so when its port is taken', async (t) => {
  const hub = await hubFor(t);
  await assert.rejects(
    startHub({
      port: Number(new URL(hub.url).port),
      dataDir: temporaryFolder(t),
      tokens: testTokens(),
      clock: systemClock,
      log: silent,
    }),
    { code: 'HUB_ADDRESS' },
  );
});
