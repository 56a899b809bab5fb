import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFrameRecord } from '../../../protocol/frame-record.ts';
import { futureRecord, pastRecord, recordOfTheNextVersion } from '../../support/frame-records.ts';

const read = (record: object) => readFrameRecord(JSON.stringify(record));

describe('the record of a frame', () => {
  it('of the past is read with all that it says', () => {
    assert.deepEqual(read(pastRecord()).value, { schema: 1, ...pastRecord() });
  });

  it('of the future is read: keys that are not known are ignored, words are kept', () => {
    const { targets, planes, ...rest } = read(futureRecord()).value!;
    assert.equal(rest.outcome, 'hidden by clouds');
    assert.equal(rest.timeVerdict, 'good by satellite');
    assert.equal(targets[0]!.verdict, 'occulted');
    assert.equal(planes[0]!.outcome, 'hidden by clouds');
    assert.equal(targets[0]!.flux, (pastRecord() as { targets: { flux: number }[] }).targets[0]!.flux);
    assert.ok(!('addedLater' in rest));
  });

  it('has null for what its program did not tell yet', () => {
    const { moon: _moon, skyE: _skyE, reference: _reference, ...older } = pastRecord();
    const record = read(older).value!;
    assert.deepEqual([record.moon, record.skyE, record.reference], [null, null, null]);
  });

  it('of a version to come is not read, and says that a newer program wrote it', () => {
    assert.match(read(recordOfTheNextVersion()).unreadable!, /^schema: a newer version of the program wrote it/);
  });

  it('that is damaged is not read, and says where', () => {
    assert.match(readFrameRecord('{"file": "a.fi').unreadable!, /^it is not JSON: /);
    assert.match(read({ ...pastRecord(), width: 'wide' }).unreadable!, /^width: /);
    assert.match(read({ ...pastRecord(), planes: [] }).unreadable!, /^planes: /);
    const { exposureId: _gone, ...nameless } = pastRecord();
    assert.match(read(nameless).unreadable!, /^exposureId: /);
    assert.match(readFrameRecord('null').unreadable!, /expected object/);
  });
});
