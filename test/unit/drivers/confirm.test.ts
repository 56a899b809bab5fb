import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { confirm } from '../../../drivers/confirm.ts';
import { settle } from '../../support/settle.ts';

const command = (deadlineMs: number, signal = new AbortController().signal) => ({ deadlineMs, signal });
const wish = { device: 'The wheel', wish: 'arrived' };

test('a command is done when the value says so', async () => {
  const clock = new ManualClock(0);
  const read = async () => ({ value: clock.nowMs() >= 1000 ? 'there' : 'moving', atMs: clock.nowMs() });
  const done = confirm({ ...wish, read, done: (value) => value === 'there' }, command(5000), clock);
  assert.equal((await settle(clock, done)).value, 'there');
});

test('a value that never comes ends at the deadline, with what was seen last', async () => {
  const clock = new ManualClock(0);
  const read = async () => ({ value: 'moving', atMs: 0 });
  const done = confirm({ ...wish, read, done: () => false }, command(5000), clock);
  const expected = { code: 'DEVICE_NOT_CONFIRMED', reaction: 'tell-operator', message: /moving/ };
  await assert.rejects(settle(clock, done), expected);
  assert.equal(clock.nowMs(), 5000);
});

test('a value from before the command confirms nothing, however good it is', async () => {
  const clock = new ManualClock(100_000);
  const read = async () => ({ value: 'there', atMs: 90_000 });
  const done = confirm({ ...wish, read, done: (value) => value === 'there' }, command(5000), clock);
  await assert.rejects(settle(clock, done), { code: 'DEVICE_NOT_CONFIRMED', message: /nothing since the command/ });
});

test('a device that does not even answer ends at the deadline too', async () => {
  const clock = new ManualClock(0);
  const read = () => new Promise<never>(() => {});
  const done = confirm({ ...wish, read, done: () => true }, command(5000), clock);
  await assert.rejects(settle(clock, done), { code: 'DEVICE_NOT_CONFIRMED' });
  assert.equal(clock.nowMs(), 5000);
});

test('an abort is felt at once, even while the device is silent', async () => {
  const clock = new ManualClock(0);
  const abort = new AbortController();
  const read = () => new Promise<never>(() => {});
  const done = confirm({ ...wish, read, done: () => true }, command(5000, abort.signal), clock);
  const reason = new Error('rain');
  abort.abort(reason);
  await assert.rejects(done, reason);
});
