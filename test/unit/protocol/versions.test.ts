import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commonVersion } from '../../../protocol/growth.ts';
import { agentMessage, chooseVersion, readMessage, subprotocolsOf, versionOf } from '../../../protocol/link.ts';

describe('the version to speak', () => {
  it('is the newest that both know, ends included', () => {
    const ours = { oldest: 2, newest: 4 };
    assert.equal(commonVersion(ours, [1, 2]), 2);
    assert.equal(commonVersion(ours, [4, 3, 5]), 4);
    assert.equal(commonVersion(ours, [1, 5]), undefined);
    assert.equal(commonVersion(ours, []), undefined);
  });

  it('is chosen of the names that were offered, whatever else is among them', () => {
    assert.deepEqual(subprotocolsOf({ oldest: 2, newest: 4 }), ['bhtom-edge.v4', 'bhtom-edge.v3', 'bhtom-edge.v2']);
    assert.equal(versionOf('bhtom-edge.v12'), 12);
    for (const name of ['bhtom-edge.v', 'bhtom-edge.v1x', 'abhtom-edge.v1', 'graphql-ws', 'bhtom-edge.v1234567'])
      assert.equal(versionOf(name), undefined, name);
    assert.equal(chooseVersion(['graphql-ws', 'bhtom-edge.v1', 'bhtom-edge.v99'], { oldest: 1, newest: 3 }), 1);
    assert.equal(chooseVersion(['graphql-ws'], { oldest: 1, newest: 3 }), undefined);
  });
});

describe('a message of the link', () => {
  const read = (said: unknown) => readMessage(agentMessage, typeof said === 'string' ? said : JSON.stringify(said));

  it('is understood, with keys that nobody knows yet', () => {
    const heard = read({ type: 'ack', seq: 3, mood: 'good' });
    assert.deepEqual(heard, { kind: 'understood', message: { type: 'ack', seq: 3 } });
  });

  it('of a type that came later is unknown, and of a known one that is wrong is faulty, with its request', () => {
    const unknown = read({ type: 'sing', requestId: 'a' });
    assert.deepEqual(unknown, { kind: 'unknown', type: 'sing', said: { type: 'sing', requestId: 'a' } });
    const faulty = read({ type: 'decline', requestId: 'a' });
    assert.ok(faulty.kind === 'faulty');
    assert.match(faulty.reason, /^reason: /);
    assert.equal(faulty.said.requestId, 'a');
  });

  it('that is nonsense is faulty, and nothing of it is believed', () => {
    for (const nonsense of ['{', '7', 'null', '[]', '{"type":7}', '{}'])
      assert.deepEqual(
        { kind: read(nonsense).kind, said: (read(nonsense) as { said?: unknown }).said },
        {
          kind: 'faulty',
          said: {},
        },
      );
    const odd = read({ type: 'sing', seq: -1, requestId: '' });
    assert.ok(odd.kind === 'unknown');
    assert.deepEqual([odd.said.seq, odd.said.requestId], [undefined, undefined]);
  });
});
