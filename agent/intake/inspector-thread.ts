import { parentPort } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { readFileState } from './file-state.ts';
import { identify } from './identify.ts';
import type { InspectorAnswer, InspectorRequest } from './inspector.ts';

// The thread behind `inspector.ts`: everything of the intake that reads files or computes for long.
const port = parentPort!;

port.on('message', (request: InspectorRequest) => {
  const work =
    'fileState' in request
      ? readFileState(request.fileState.path, request.fileState.maxFileBytes)
      : identify(request.identify);
  work.then(
    (result) => port.postMessage({ id: request.id, result } satisfies InspectorAnswer),
    (error) => port.postMessage({ id: request.id, error: describeError(error) } satisfies InspectorAnswer),
  );
});
