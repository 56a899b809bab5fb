import { describeError, RetryLater } from '../../base/errors.ts';
import { endWith, exitCodeOf } from '../../cli/exit-code.ts';
import { run } from '../../cli/run.ts';
import type { Devices } from '../../drivers/contract.ts';

/**
 * The program as `bhtom-edge run` starts it, with devices that are not as they should be. Arguments: configuration,
 * silent, down or no-camera.
 */
const [config, devices] = process.argv.slice(2);
const behaviours: Record<string, () => Promise<Devices>> = {
  silent: () => new Promise(() => undefined),
  down: async () => {
    throw new RetryLater('DEVICE_SERVER_DOWN', 'The device server refuses the connection.');
  },
  'no-camera': async () => ({ close: async () => undefined }),
};
try {
  await run(config!, behaviours[devices!]!);
} catch (error) {
  console.error(`bhtom-edge: ${describeError(error)}`);
  endWith(exitCodeOf(error));
}
