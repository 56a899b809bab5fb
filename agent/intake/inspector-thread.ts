import { parentPort } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { identify } from './identify.ts';
import type { InspectorAnswer, InspectorRequest } from './inspector.ts';
import { lookAt } from './look.ts';

// The thread behind `inspector.ts`: everything of the intake that reads files or computes for long.
const port = parentPort!;

port.on('message', (request: InspectorRequest) => {
  const work = 'look' in request ? lookAt(request.look.path, request.look.maxFileBytes) : identify(request.identify);
  work.then(
    (result) => port.postMessage({ id: request.id, result } satisfies InspectorAnswer),
    (error) => port.postMessage({ id: request.id, error: describeError(error) } satisfies InspectorAnswer),
  );
});
