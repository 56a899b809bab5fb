import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { type ApiOptions, type RunningApi, serveApi } from './server.ts';

/** What the thread is given; its clock is its own. */
export type ApiSettings = Omit<ApiOptions, 'clock' | 'onTrouble'> & {
  /** Where another port is taken when this one is in use. */
  readonly anyPort: boolean;
};

export type ApiMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  | { readonly kind: 'trouble'; readonly reason: string }
  | { readonly kind: 'closed' };

const settings = workerData as ApiSettings;
const tell = (message: ApiMessage) => parentPort!.postMessage(message);
const onTrouble = (error: unknown) => tell({ kind: 'trouble', reason: describeError(error) });

try {
  const api = await start();
  tell({ kind: 'listening', port: api.port });
  parentPort!.once('message', () => {
    void api.close().then(() => {
      tell({ kind: 'closed' });
      parentPort!.close();
    });
  });
} catch (error) {
  tell({ kind: 'refused', code: String((error as { code?: unknown }).code), reason: describeError(error) });
}

async function start(): Promise<RunningApi> {
  const { anyPort, ...options } = settings;
  try {
    return await serveApi({ ...options, clock: systemClock, onTrouble });
  } catch (error) {
    if (!anyPort || (error as { code?: unknown }).code !== 'EADDRINUSE') throw error;
    return serveApi({ ...options, port: 0, clock: systemClock, onTrouble });
  }
}
