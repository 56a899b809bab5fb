import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A wire to a server, that a test can cut. */
export interface Wire {
  readonly url: string;
  /** Breaks every connection that is open. */
  cut(): void;
  /** While false, nothing gets through and open connections stay silent. */
  open: boolean;
}

export async function wireTo(t: TestContext, target: string): Promise<Wire> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection({ host: hostname, port: Number(port) });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (wire.open) to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: true,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
  t.after(() => {
    wire.cut();
    return new Promise((resolve) => server.close(resolve));
  });
  return wire;
}
