import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentMessage, maxMessageBytes } from '../../../protocol/link.ts';
import { maxParcelBytes, photometryParcel } from '../../../protocol/photometry.ts';
import { observingRequest } from '../../../protocol/request.ts';
import { observingRequestOf, photometry } from '../../support/parcels.ts';

describe('the limits of the protocol', () => {
  it('of messages and parcels are the bytes that its page names', () => {
    assert.equal(maxMessageBytes, 262_144);
    assert.deepEqual(maxParcelBytes, { compressed: 16_777_216, inflated: 67_108_864 });
  });

  const request = observingRequestOf('r');
  const config = request.instrumentConfigs[0]!;
  const window = request.windows[0]!;
  for (const [what, within, beyond] of [
    ['id', [{ id: 'i'.repeat(64) }, { id: 'i' }], [{ id: 'i'.repeat(65) }, { id: '' }]],
    ['name', [{ name: 'n'.repeat(50) }, { name: '' }], [{ name: 'n'.repeat(51) }]],
    ['priority', [{ priority: 0 }, { priority: 100 }], [{ priority: -1 }, { priority: 101 }]],
    [
      'target',
      [
        { target: { name: 't'.repeat(50), raDeg: 0, decDeg: -90 } },
        { target: { name: 't', raDeg: 359.9, decDeg: 90 } },
      ],
      [
        { target: { name: '', raDeg: 0, decDeg: 0 } },
        { target: { name: 't'.repeat(51), raDeg: 0, decDeg: 0 } },
        { target: { name: 't', raDeg: 360, decDeg: 0 } },
        { target: { name: 't', raDeg: -1, decDeg: 0 } },
        { target: { name: 't', raDeg: 0, decDeg: 91 } },
        { target: { name: 't', raDeg: 0, decDeg: -91 } },
      ],
    ],
    [
      'exposure',
      [{ exposureS: 3600, exposureCount: 1000, binning: 8, filter: 'f'.repeat(40) }].map((one) => ({
        instrumentConfigs: Array(20).fill(one),
      })),
      [
        ...[
          { exposureS: 3601 },
          { exposureS: 0 },
          { exposureCount: 0 },
          { exposureCount: 1001 },
          { exposureCount: 1.5 },
        ],
        ...[{ binning: 0 }, { binning: 9 }, { filter: 'f'.repeat(41) }],
      ]
        .map((one): object => ({ instrumentConfigs: [{ ...config, ...one }] }))
        .concat([{ instrumentConfigs: [] }, { instrumentConfigs: Array(21).fill(config) }]),
    ],
    [
      'constraint',
      [
        { constraints: { maxAirmass: 1, minLunarDistanceDeg: 0 } },
        { constraints: { maxAirmass: 10, minLunarDistanceDeg: 180 } },
      ],
      [{ maxAirmass: 0.9 }, { maxAirmass: 11 }, { minLunarDistanceDeg: -1 }, { minLunarDistanceDeg: 181 }].map(
        (one) => ({
          constraints: one,
        }),
      ),
    ],
    ['window', [{ windows: Array(100).fill(window) }], [{ windows: [] }, { windows: Array(101).fill(window) }]],
    [
      'requirement',
      [{ requires: Array(20).fill('w'.repeat(64)) }],
      [{ requires: Array(21).fill('w') }, { requires: ['w'.repeat(65)] }, { requires: [''] }],
    ],
  ] as const) {
    it(`of a request's ${what} let in what is within, and refuse what is beyond`, () => {
      const takes = (changes: object) => observingRequest.safeParse({ ...request, ...changes }).success;
      for (const one of within) assert.equal(takes(one), true, JSON.stringify(one).slice(0, 200));
      for (const one of beyond) assert.equal(takes(one), false, JSON.stringify(one).slice(0, 200));
    });
  }

  it('of a result in parts are ten thousand', () => {
    const part = { type: 'result', requestId: 'r', visitId: null, part: 9_999, exposureIds: [], measurements: [] };
    const done = { ...part, type: 'done', state: 'COMPLETED', reason: '', parts: 10_000 };
    const takes = (message: object) => agentMessage.safeParse(message).success;
    assert.deepEqual([part, { ...part, part: 0 }, done, { ...done, parts: 1 }].map(takes), [true, true, true, true]);
    const beyond = [
      { ...part, part: 10_000 },
      { ...part, part: -1 },
      { ...done, parts: 10_001 },
      { ...done, parts: 0 },
    ];
    assert.deepEqual(beyond.map(takes), [false, false, false, false]);
  });

  it('of a parcel ask for the names of site and instrument', () => {
    const takes = (changes: object) => photometryParcel.safeParse({ ...photometry('e'), ...changes }).success;
    assert.equal(takes({}), true);
    for (const none of [{ site: '' }, { instrument: '' }, { schema: 2 }]) assert.equal(takes(none), false);
  });
});
