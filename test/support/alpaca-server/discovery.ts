import { createSocket } from 'node:dgram';

/** Answers the question for Alpaca servers with a port, until it is stopped. */
export async function answerDiscovery(port: () => number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (question, { address, port: asker }) => {
    if (question.toString().startsWith('alpacadiscovery1'))
      socket.send(JSON.stringify({ AlpacaPort: port() }), asker, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}
