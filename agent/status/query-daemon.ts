import { connect } from 'node:net';
import { describeError } from '../../base/errors.ts';
import { type RunningStatus, runningStatus } from './running.ts';
import { statusAddress } from './socket.ts';

/** What the daemon said, or why it did not, in plain words. */
export type DaemonAnswer = { readonly running: RunningStatus } | { readonly running: null; readonly reason: string };

const patienceMs = 5_000;
const mostBytes = 16 * 2 ** 20;

/** Asks the daemon with this dataDir how it is. Never rejects: not to know is an answer too. */
export async function queryDaemon(dataDir: string): Promise<DaemonAnswer> {
  try {
    const answer = runningStatus.safeParse(JSON.parse(await read(statusAddress(dataDir))));
    if (answer.success) return { running: answer.data };
    return { running: null, reason: 'The daemon runs, but this version does not understand its answer.' };
  } catch (error) {
    return { running: null, reason: reasonOf(error, dataDir) };
  }
}

function read(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(address);
    socket.setEncoding('utf8');
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > mostBytes) socket.destroy(new Error('the answer does not end'));
    });
    socket.on('end', () => resolve(text));
  });
}

function reasonOf(error: unknown, dataDir: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `No daemon runs with ${dataDir}.`;
    case 'EACCES':
      return 'The daemon belongs to another user: ask as that user, or as root.';
    default:
      return `The daemon does not answer (${describeError(error)}). If it runs, it is stuck or just ending: look at its log.`;
  }
}
