import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { memoryMarker } from './watchdog.ts';

/**
 * A thread of the reduction process that nothing can block: it ends the process when resident memory passes the bound
 * (V8's own limits do not count typed arrays) or when the daemon is gone.
 */
const { memoryMb, parentPid } = workerData as { memoryMb: number; parentPid: number };

setInterval(() => {
  const residentMb = process.memoryUsage.rss() / 1048576;
  if (residentMb > memoryMb) {
    writeSync(2, `${memoryMarker}: ${residentMb.toFixed(0)} of ${memoryMb} MB\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, 100);
