import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RetryLater } from '../../../base/errors.ts';
import { isSiteFault } from '../../../base/site-fault.ts';

const withCode = (code: unknown, cause?: unknown) => Object.assign(new Error('a fault', { cause }), { code });

it('tells a fault of the computer from one of the work, however deep it lies', () => {
  for (const code of ['ENOSPC', 'EROFS', 'EMFILE', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY', 'SITE_FAULT'])
    assert.equal(isSiteFault(withCode(code)), true, code);
  assert.equal(isSiteFault(new RetryLater('SITE_FAULT', 'no room')), true);
  assert.equal(isSiteFault(withCode('REDUCTION', withCode('OTHER', withCode('ENOSPC')))), true);
  for (const code of ['EIO', 'ENOENT', 'SQLITE_CORRUPT', 'SQLITE_FULLER', 'XENOSPC', 28, undefined])
    assert.equal(isSiteFault(withCode(code)), false, String(code));
  for (const none of [undefined, null, 'ENOSPC', new Error('ENOSPC')]) assert.equal(isSiteFault(none), false);
});
