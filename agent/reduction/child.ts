import { Worker } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import { isSiteFault } from '../../base/site-fault.ts';
import { buildMaster } from '../masters/build.ts';
import { runJob } from './job.ts';
import type { ChildMessage, ChildTask } from './process.ts';
import { threadedCrew } from './threads.ts';

// The reduction process: the entry point of the child that `process.ts` starts. Jobs come as messages, one at a time.
const settings = JSON.parse(process.env.BHTOM_EDGE_REDUCTION ?? '{}') as { threads?: number; memoryMb?: number };
const watchdog = new Worker(siblingModule(import.meta.url, './watchdog-thread'), {
  workerData: { memoryMb: settings.memoryMb ?? 2048, parentPid: process.ppid },
});
watchdog.unref();
const crew = threadedCrew(settings.threads ?? 1);

process.on('message', (message: { id: number; task: ChildTask }) => {
  void answer(message.id, message.task);
});
process.on('disconnect', () => process.exit(0));

async function answer(id: number, task: ChildTask): Promise<void> {
  let message: ChildMessage;
  try {
    const reply = 'reduce' in task ? await runJob(task.reduce, crew, systemClock) : await buildMaster(task.build);
    message = { id, reply };
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    message = { id, error: { message: describeError(error), stack, isSiteFault: isSiteFault(error) } };
  }
  process.send?.(message);
}
