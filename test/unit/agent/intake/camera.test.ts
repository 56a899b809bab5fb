import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { cameraInWords, cameraOf } from '../../../../agent/intake/camera.ts';
import { type CameraIdentity, CameraStore } from '../../../../agent/store/cameras.ts';
import { ManualClock } from '../../../../base/clock.ts';
import type { FrameFacts } from '../../../../pipeline/header/facts.ts';
import { databaseInMemory } from '../../../support/parcels.ts';

const facts = (changes: object) => ({ size: { width: 2000, height: 1500 }, ...changes }) as unknown as FrameFacts;

describe('the camera of a frame', () => {
  it('is its name, without regard to case, and the whole of its sensor', () => {
    assert.deepEqual(cameraOf(facts({ camera: { value: ' QHY600M ' } })), {
      ...{ name: 'qhy600m', widthPx: 2000, heightPx: 1500 },
    });
    assert.equal(cameraOf(facts({ binning: { value: { x: 2, y: 2 } } })).widthPx, 4000);
    assert.equal(cameraOf(facts({ subframe: { x: 1, y: 1 } })).widthPx, 2000);
    assert.equal(cameraOf(facts({ subframe: { x: 500, y: 1 } })).widthPx, null, 'a part of it');
    assert.equal(cameraOf(facts({ camera: { value: '  ' } })).name, null);
    assert.equal(cameraInWords(cameraOf(facts({}))), 'a camera without a name, 2000 x 1500 pixels');
  });
});

describe('the cameras of an instrument', () => {
  const named = (name: string, widthPx = 100): CameraIdentity => ({ name, widthPx, heightPx: 100 });
  const unnamed = (widthPx: number): CameraIdentity => ({ name: null, widthPx, heightPx: 100 });
  function noticing(t: TestContext) {
    const store = new CameraStore(databaseInMemory(t), new ManualClock(0));
    return (camera: CameraIdentity, instrument = 'main') => store.notice(instrument, camera, 'a.fits')?.standing;
  }

  it('are its own for the first, and asked about for others, each instrument by itself', (t) => {
    const notice = noticing(t);
    assert.equal(notice(named('a')), 'own');
    assert.equal(notice(named('a', 90)), 'own', 'the name decides');
    assert.equal(notice(named('b')), 'asked');
    assert.equal(notice(named('b'), 'second'), 'own');
    assert.equal(notice(named('a')), 'own');
  });

  it('are told apart by name once they have told it, though they began without one', (t) => {
    const notice = noticing(t);
    assert.equal(notice(unnamed(100)), 'own');
    assert.equal(notice(named('a')), 'own', 'of the same size: it has told its name');
    assert.equal(notice(named('b')), 'asked', 'of the same size too');
    assert.equal(notice(unnamed(100)), 'own');
  });

  it('learn their size, where a frame first showed a part of the sensor', (t) => {
    const notice = noticing(t);
    assert.equal(notice({ name: 'a', widthPx: null, heightPx: null }), 'own');
    assert.equal(notice(named('a', 100)), 'own');
    assert.equal(notice(unnamed(300)), 'asked');
  });

  it('are told apart by their sizes where one has no name, and a frame that says nothing asks nobody', (t) => {
    const notice = noticing(t);
    assert.equal(notice(named('a', 100)), 'own');
    assert.equal(notice(unnamed(100)), 'own');
    assert.equal(notice(unnamed(300)), 'asked');
    assert.equal(notice({ name: null, widthPx: null, heightPx: null }), undefined);
  });
});
