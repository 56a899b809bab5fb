import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

/** A mail as it came: its envelope, and its lines. */
export interface ReceivedMail {
  readonly sender: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** An SMTP server (RFC 5321) without TLS. `answers`: what it says to a verb in the place of the usual. */
export async function mailServer(t: TestContext, answers: Readonly<Record<string, string>> = {}) {
  const mails: ReceivedMail[] = [];
  const port = await listening(
    t,
    createServer((socket) => converse(socket, answers, (mail) => mails.push(mail))),
  );
  return { port, mails };
}

function converse(
  socket: Socket,
  answers: Readonly<Record<string, string>>,
  receive: (mail: ReceivedMail) => void,
): void {
  let sender = '';
  let to: string[] = [];
  let lines: string[] | undefined;
  let rest = '';
  const say = (words: string) => socket.write(`${words}\r\n`);
  socket.on('error', () => undefined); // the client hangs up when it has what it wants
  say('220 here');
  socket.on('data', (chunk) => {
    rest += chunk.toString();
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (lines) {
        if (line !== '.') lines.push(line);
        else {
          receive({ sender, to, text: lines.join('\n') });
          lines = undefined;
          say('250 taken');
        }
        continue;
      }
      const verb = line.split(' ')[0]!.toUpperCase();
      const usual: Record<string, string> = {
        EHLO: '250-here\r\n250 AUTH PLAIN',
        DATA: '354 go on',
        AUTH: '235 welcome',
      };
      const answer = answers[verb] ?? usual[verb] ?? '250 fine';
      if (verb === 'MAIL') sender = /<(.*?)>/.exec(line)![1]!;
      if (verb === 'RCPT') to = [...to, /<(.*?)>/.exec(line)![1]!];
      if (verb === 'DATA' && answer.startsWith('3')) lines = [];
      say(answer);
    }
  });
}
