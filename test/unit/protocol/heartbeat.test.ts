import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { it } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { keepAlive } from '../../../protocol/heartbeat.ts';

class FakeSocket extends EventEmitter {
  pings = 0;
  answers = true;
  ended = false;

  ping(): void {
    this.pings++;
    if (this.answers) this.emit('pong');
  }

  terminate(): void {
    this.ended = true;
    this.emit('close');
  }
}

it('keeps a connection that answers, and ends one that has gone silent', async () => {
  const clock = new ManualClock(0);
  const socket = new FakeSocket();
  const over = keepAlive(socket, clock, 1000);
  for (let i = 0; i < 10; i++) await clock.advance(1000);
  assert.equal(socket.pings, 11);
  assert.equal(socket.ended, false);
  socket.answers = false;
  await clock.advance(1000);
  assert.equal(socket.ended, false, 'the ping just sent may still be answered');
  await clock.advance(1000);
  assert.equal(socket.ended, true);
  await over;
});

it('stops when the connection is closed', async () => {
  const clock = new ManualClock(0);
  const socket = new FakeSocket();
  const over = keepAlive(socket, clock, 1000);
  socket.emit('close');
  await over;
  await clock.advance(5000);
  assert.equal(socket.pings, 1);
});
