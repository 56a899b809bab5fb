import type { Clock } from '../../base/clock.ts';
import type { Site } from '../../sky/site.ts';
import type { Capability, Devices } from '../contract.ts';
import type { AlpacaDevice, AlpacaReach } from './device.ts';
import { AlpacaCamera } from './devices/camera.ts';
import { AlpacaDome } from './devices/dome.ts';
import { AlpacaFilterWheel } from './devices/filter-wheel.ts';
import { AlpacaFlatPanel } from './devices/flat-panel.ts';
import { AlpacaFocuser } from './devices/focuser.ts';
import { AlpacaMount } from './devices/mount.ts';
import { AlpacaRotator } from './devices/rotator.ts';
import { AlpacaSafetyMonitor } from './devices/safety-monitor.ts';
import { AlpacaSwitches } from './devices/switches.ts';
import { AlpacaConditions, AlpacaWeather } from './devices/weather.ts';
import { type AlpacaName, AlpacaServers, type ServersOptions } from './servers.ts';

/** Which device does what: its number at the server, or its UniqueID wherever it is. */
export type AlpacaDeviceNames = { readonly [Of in keyof typeof makers]?: AlpacaName | undefined };

export interface AlpacaOptions {
  /** The server; only looked for on the networks when absent, which needs devices known by UniqueID. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly devices: AlpacaDeviceNames;
  /** The filters as the site calls them, in the order of the wheel; the driver's own names where there are none. */
  readonly filters: readonly string[];
  /** Lowest set point of the camera's cooler, which Alpaca does not tell. */
  readonly coolestC?: number | undefined;
  readonly discovery?: ServersOptions['discovery'];
}

const usualPort = 11_111;
/** No thermoelectric cooler goes lower; a camera that stops before refuses by itself. */
const usualCoolestC = -100;

interface Made {
  readonly reach: AlpacaReach;
  readonly site: Site;
  readonly options: AlpacaOptions;
}

const makers = {
  mount: ({ reach, site }) => new AlpacaMount(reach, site),
  camera: ({ reach, options }) => new AlpacaCamera(reach, options.coolestC ?? usualCoolestC),
  filterWheel: ({ reach, options }) => new AlpacaFilterWheel(reach, options.filters),
  focuser: ({ reach }) => new AlpacaFocuser(reach),
  rotator: ({ reach }) => new AlpacaRotator(reach),
  flatPanel: ({ reach }) => new AlpacaFlatPanel(reach),
  dome: ({ reach }) => new AlpacaDome(reach),
  weather: ({ reach }) => new AlpacaWeather(reach),
  conditions: ({ reach }) => new AlpacaConditions(reach),
  safetyMonitor: ({ reach }) => new AlpacaSafetyMonitor(reach),
  switches: ({ reach }) => new AlpacaSwitches(reach),
} satisfies Partial<Record<Capability, (made: Made) => AlpacaDevice>>;

/**
 * Devices of Alpaca servers. It waits for nothing: a server or a device that is away comes later, and is lost until then.
 * Nothing moves.
 */
export async function openAlpaca(options: AlpacaOptions, site: Site, clock: Clock): Promise<Devices> {
  const { host, port = usualPort, discovery } = options;
  // By their process servers tell apart the clients of one computer.
  const clientId = process.pid;
  const address = host === undefined ? undefined : { host, port };
  const servers = new AlpacaServers({ address, discovery, clientId, clock });
  const made = (Object.keys(options.devices) as (keyof typeof makers)[]).flatMap((capability) => {
    const name = options.devices[capability];
    return name ? [[capability, makers[capability]({ reach: { servers, name, clock }, site, options })] as const] : [];
  });
  for (const [, device] of made) device.begin();
  return {
    ...(Object.fromEntries(made) as Omit<Devices, 'close'>),
    async close() {
      for (const [, device] of made) device.leave();
      servers.close();
    },
  };
}
