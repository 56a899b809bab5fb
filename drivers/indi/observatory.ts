import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Site } from '../../sky/site.ts';
import type { Capability, Devices } from '../contract.ts';
import type { IndiDevice } from './device.ts';
import { IndiCamera } from './devices/camera.ts';
import { IndiDome } from './devices/dome.ts';
import { IndiFilterWheel } from './devices/filter-wheel.ts';
import { IndiFlatPanel } from './devices/flat-panel.ts';
import { IndiFocuser } from './devices/focuser.ts';
import { IndiMount } from './devices/mount.ts';
import { IndiRotator } from './devices/rotator.ts';
import { IndiSafetyMonitor, IndiWeather } from './devices/weather.ts';
import { type IndiAddress, IndiServer } from './server.ts';
import type { BlobHead } from './wire/elements.ts';

/** Which device of the server does what, by its INDI name. */
export type IndiDeviceNames = Partial<Record<keyof typeof makers, string | undefined>>;

export interface IndiOptions extends IndiAddress {
  readonly devices: IndiDeviceNames;
  /** The filters as the site calls them, in the order of the wheel; the driver's own names where there are none. */
  readonly filters: readonly string[];
}

/** No camera's frame is larger. */
const largestBlobBytes = 2 ** 31;
/** Frames beyond this go to a file: a few of them at once would fill the memory of a small computer. */
const largestInMemoryBytes = 64 * 2 ** 20;

interface Made {
  readonly server: IndiServer;
  readonly name: string;
  readonly clock: Clock;
  readonly site: Site;
  readonly filters: readonly string[];
}

const makers = {
  mount: ({ server, name, clock, site }) => new IndiMount(server, name, clock, site),
  camera: ({ server, name, clock }) => new IndiCamera(server, name, clock),
  filterWheel: ({ server, name, clock, filters }) => new IndiFilterWheel(server, name, clock, filters),
  focuser: ({ server, name, clock }) => new IndiFocuser(server, name, clock),
  rotator: ({ server, name, clock }) => new IndiRotator(server, name, clock),
  flatPanel: ({ server, name, clock }) => new IndiFlatPanel(server, name, clock),
  dome: ({ server, name, clock }) => new IndiDome(server, name, clock),
  weather: ({ server, name, clock }) => new IndiWeather(server, name, clock),
  safetyMonitor: ({ server, name, clock }) => new IndiSafetyMonitor(server, name, clock),
} satisfies Partial<Record<Capability, (made: Made) => IndiDevice>>;

/**
 * The devices of one INDI server. It waits for nothing: a server or a device that is away comes later, and is lost until
 * then. Nothing moves.
 */
export async function openIndi(
  { host, port, devices, filters }: IndiOptions,
  site: Site,
  clock: Clock,
): Promise<Devices> {
  const folder = await mkdtemp(join(tmpdir(), 'bhtom-edge-indi-'));
  let received = 0;
  const placeOf = ({ statedBytes = 0, format }: BlobHead) =>
    statedBytes > largestInMemoryBytes
      ? ({ kind: 'file', path: join(folder, `${++received}${/^[.\w]+$/.test(format) ? format : ''}`) } as const)
      : ({ kind: 'memory' } as const);
  const server = new IndiServer({ host, port, clock, largestBlobBytes, placeOf });
  const made = Object.entries(devices).flatMap(([capability, name]) =>
    name === undefined
      ? []
      : [[capability, makers[capability as keyof typeof makers]({ server, name, clock, site, filters })] as const],
  );
  for (const [, device] of made) device.begin();
  server.start();
  return {
    ...(Object.fromEntries(made) as Omit<Devices, 'close'>),
    async close() {
      for (const [, device] of made) device.leave();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
