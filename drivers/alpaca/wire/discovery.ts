import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../../base/clock.ts';
import type { AlpacaAddress } from './client.ts';

const discoveryPort = 32_227;
const question = Buffer.from('alpacadiscovery1');
const multicastV6 = 'ff12::a1:9aca';
/** Questions are datagrams and get lost. */
const askTimes = 3;

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long answers are waited for. */
  readonly waitMs: number;
  /** Where to ask; everywhere on the local networks when absent. */
  readonly addresses?: readonly string[];
  readonly port?: number;
}

/**
 * Asks the local networks for Alpaca servers (Alpaca API Reference, section 4): a broadcast over IPv4, a multicast over
 * IPv6; each server answers with its port. A network that cannot be asked is passed over: a server there is not found.
 */
export async function discoverServers(options: DiscoveryOptions): Promise<AlpacaAddress[]> {
  const { clock, signal, waitMs, addresses = broadcastAddresses(), port = discoveryPort } = options;
  const found = new Map<string, AlpacaAddress>();
  const sockets = (['udp4', 'udp6'] as const).map((type) =>
    listening(type, (address) => found.set(`${address.host} ${address.port}`, address)),
  );
  try {
    for (let i = 0; i < askTimes; i++) {
      for (const address of addresses) ask(sockets[address.includes(':') ? 1 : 0]!, address, port);
      await clock.sleep(waitMs / askTimes, signal);
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...found.values()];
}

function listening(type: 'udp4' | 'udp6', onFound: (address: AlpacaAddress) => void): Socket {
  const socket = createSocket({ type, reuseAddr: true });
  socket.on('error', () => undefined); // unreachable networks answer with errors; who is not reached is not found
  socket.on('message', (bytes, { address }) => {
    const port = portOf(bytes);
    if (port !== undefined) onFound({ host: address, port });
  });
  socket.bind(0, () => {
    if (type === 'udp4') socket.setBroadcast(true);
  });
  return socket;
}

function ask(socket: Socket, address: string, port: number): void {
  socket.send(question, port, address, () => undefined); // as above: an error here is a network without servers
}

/** Answers are hostile until read: a port, or nothing. */
function portOf(bytes: Buffer): number | undefined {
  const port = Number(/"alpacaport"\s*:\s*"?(\d{1,5})/i.exec(bytes.toString('utf8', 0, 200))?.[1]);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** The broadcast address of each IPv4 network of this computer, and the multicast group on each IPv6 one. */
function broadcastAddresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ family, address, netmask }) =>
      family === 'IPv4' ? broadcastOf(address, netmask) : `${multicastV6}%${name}`,
    ),
  );
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((byte, i) => Number(byte) | (~mask[i]! & 255))
    .join('.');
}
