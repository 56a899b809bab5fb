import { Command } from 'commander';
import { cameraInWords, heldBack } from '../agent/intake/camera.ts';
import { editStore, readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { count } from './options.ts';
import { printable } from './printable.ts';
import { siteCommand } from './site-command.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function command(): Command {
  const cameras = new Command('cameras').description('which cameras the frames of each instrument came from');
  cameras.addCommand(siteCommand('list', 'all cameras seen, and what was said of them').action(list), {
    isDefault: true,
  });
  cameras.addCommand(
    siteCommand('same', 'it is the camera of its instrument: what was held back is sent')
      .argument('<number>', 'its number', count)
      .action((id: number, options: Options) => answer(id, 'own', options)),
  );
  cameras.addCommand(
    siteCommand('other', 'it is another instrument: its measurements stay here and go nowhere')
      .argument('<number>', 'its number', count)
      .action((id: number, options: Options) => answer(id, 'other', options)),
  );
  return cameras;
}

const standings = { own: 'its camera', asked: 'ASKED: say same or other', other: 'another instrument' } as const;

async function list({ config, json }: Options): Promise<void> {
  const { dataDir } = await loadConfig(config);
  const store = readStore(dataDir, systemClock);
  try {
    for (const camera of store.cameras.list()) {
      const { id, instrument, standing, path } = camera;
      const line = `${id}  ${instrument}  ${cameraInWords(camera)}  ${standings[standing]}  (first: ${path})`;
      console.log(json ? JSON.stringify(camera) : printable(line));
    }
  } finally {
    store.close();
  }
}

async function answer(id: number, standing: 'own' | 'other', { config, json }: Options): Promise<void> {
  const { dataDir } = await loadConfig(config);
  const store = editStore(dataDir, systemClock);
  try {
    const { camera, released } = store.transaction(() => {
      const camera = store.cameras.answer(id, standing);
      if (!camera) throw new UsageError(`there is no camera ${id}: 'cameras list' shows them`);
      return { camera, released: standing === 'own' ? store.outbox.release(heldBack(camera)) : 0 };
    });
    const words =
      standing === 'own'
        ? `the camera of ${camera.instrument}; ${released} parcels held back are sent`
        : 'another instrument; what was measured of it goes nowhere';
    console.log(json ? JSON.stringify({ ...camera, released }) : printable(`${cameraInWords(camera)} is ${words}`));
  } finally {
    store.close();
  }
}
