import { createServer, type Server, type Socket } from 'node:net';

type Answer = (params: Record<string, unknown>, say: (event: object) => void) => unknown;

/** A stand-in for PHD2's event server: greets, answers methods, and can be made silent or cut. */
export class FakePhd2 {
  readonly calls: { method: string; params: Record<string, unknown> }[] = [];
  isSilent = false;
  readonly #answers: Record<string, Answer>;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  /** `answers` give the results of methods; one that throws gives an error, one that is not there is unknown to PHD2. */
  constructor(answers: Record<string, Answer> = {}) {
    this.#answers = answers;
  }

  async listen(port = 0): Promise<number> {
    this.#server = createServer((socket) => this.#greet(socket));
    await new Promise<void>((resolve) => this.#server!.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  /** Tells an event to all clients. */
  say(event: object): void {
    for (const socket of this.#sockets)
      socket.write(`${JSON.stringify({ Timestamp: 0, Host: 'fake', Inst: 1, ...event })}\r\n`);
  }

  /** Writes text as it is. */
  write(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server!.close(resolve));
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // a client that is gone
    this.say({ Event: 'Version', PHDVersion: '2.6.13', PHDSubver: '', MsgVersion: 1 });
    let rest = '';
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines)
        this.#answer(socket, JSON.parse(line) as { method: string; params: Record<string, unknown>; id: number });
    });
  }

  #answer(
    socket: Socket,
    { method, params, id }: { method: string; params: Record<string, unknown>; id: number },
  ): void {
    this.calls.push({ method, params });
    if (this.isSilent) return;
    const answer = this.#answers[method];
    const reply = (body: object) => socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...body, id })}\r\n`);
    if (!answer) {
      reply({ error: { code: -32601, message: 'method not found' } });
      return;
    }
    try {
      reply({ result: answer(params, (event) => this.say(event)) ?? 0 });
    } catch (error) {
      reply({ error: { code: 1, message: (error as Error).message } });
    }
  }
}
