import type { Clock } from '../base/clock.ts';

/** The part of a WebSocket that a heartbeat needs. */
export interface Beating {
  ping(): void;
  terminate(): void;
  on(event: 'pong' | 'ping' | 'message', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export const heartbeatMs = 20_000;

/**
 * How either side of the link notices that the other is gone (a half-open connection says nothing for hours): it pings
 * every `intervalMs`, and ends the connection when it heard nothing at all since the ping before.
 */
export async function keepAlive(socket: Beating, clock: Clock, intervalMs = heartbeatMs): Promise<void> {
  const closed = new AbortController();
  let heard = true;
  for (const event of ['pong', 'ping', 'message'] as const) {
    socket.on(event, () => {
      heard = true;
    });
  }
  socket.once('close', () => closed.abort());
  while (!closed.signal.aborted) {
    if (!heard) return socket.terminate();
    heard = false;
    socket.ping();
    await clock.sleep(intervalMs, closed.signal).catch((error: unknown) => {
      if (!closed.signal.aborted) throw error;
    });
  }
}
