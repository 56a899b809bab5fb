import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import type { AlpacaAddress } from '../../../drivers/alpaca/wire/client.ts';
import type { SimulatedObservatory } from '../../../drivers/simulator/observatory.ts';
import type { Site } from '../../../sky/site.ts';
import { type AlpacaTestCamera, camera } from './devices/camera.ts';
import { coverCalibrator, filterWheel, focuser, rotator } from './devices/optics.ts';
import { conditions, dome, safetyMonitor, switches, weather } from './devices/site.ts';
import { telescope } from './devices/telescope.ts';
import { imageBytes, imageColumns } from './image.ts';
import { AlpacaFault, faultOf, faults, type Members } from './members.ts';
import type { Quirk } from './quirks.ts';
import { type AlpacaRequest, BadRequest, readRequest } from './request.ts';

/** Where each capability of the observatory is found. */
export const served = {
  mount: { type: 'telescope', number: 0 },
  camera: { type: 'camera', number: 35_834 },
  filterWheel: { type: 'filterwheel', number: 0 },
  focuser: { type: 'focuser', number: 0 },
  rotator: { type: 'rotator', number: 0 },
  flatPanel: { type: 'covercalibrator', number: 0 },
  dome: { type: 'dome', number: 0 },
  weather: { type: 'observingconditions', number: 0 },
  conditions: { type: 'observingconditions', number: 1 },
  safetyMonitor: { type: 'safetymonitor', number: 0 },
  switches: { type: 'switch', number: 0 },
} as const;
export type Served = keyof typeof served;

/** Members that tell the state of a device, by its type: what `devicestate` has (Platform 7). */
const stateMembers: Readonly<Record<string, readonly string[]>> = {
  telescope: ['Altitude', 'AtPark', 'Azimuth', 'Declination', 'RightAscension', 'SideOfPier', 'Slewing', 'Tracking'],
  camera: ['CameraState', 'CCDTemperature', 'CoolerPower', 'ImageReady'],
  filterwheel: ['Position'],
  focuser: ['IsMoving', 'Position', 'Temperature'],
  rotator: ['IsMoving', 'MechanicalPosition', 'Position'],
  covercalibrator: ['Brightness', 'CalibratorState', 'CoverState'],
  dome: ['Azimuth', 'ShutterStatus', 'Slaved', 'Slewing'],
  safetymonitor: ['IsSafe'],
};

interface ServedDevice {
  readonly capability: Served;
  readonly type: string;
  readonly number: number;
  readonly members: Members;
  connected: boolean;
  pluggedIn: boolean;
}

/**
 * An Alpaca server written from the specification (ASCOM Alpaca API Reference; Device API v1 with Platform 7), which
 * serves a simulated observatory and, where a test names them, the quirks of real servers.
 */
export class AlpacaTestServer {
  /** Every request as `METHOD path form`. */
  readonly requests: string[] = [];
  /** Those that it shows; a test may add some and take them away. */
  readonly quirks: Set<Quirk>;
  readonly #devices: readonly ServedDevice[];
  readonly #camera: AlpacaTestCamera;
  readonly #http: Server;
  #transaction = 0;
  #failures = 0;

  constructor(observatory: SimulatedObservatory, site: Site, clock: Clock, quirks: readonly Quirk[] = []) {
    this.quirks = new Set(quirks);
    this.#camera = camera(observatory.camera, clock, this.quirks);
    const members: Record<Served, Members> = {
      mount: telescope(observatory.mount, site, clock, this.quirks),
      camera: this.#camera.members,
      filterWheel: filterWheel(observatory.filterWheel),
      focuser: focuser(observatory.focuser),
      rotator: rotator(observatory.rotator),
      flatPanel: coverCalibrator(observatory.flatPanel),
      dome: dome(observatory.dome),
      weather: weather(observatory.weather, clock, this.quirks),
      conditions: conditions(observatory.conditions),
      safetyMonitor: safetyMonitor(observatory.safetyMonitor),
      switches: switches(observatory.switches),
    };
    this.#devices = (Object.keys(served) as Served[]).map((capability) => ({
      capability,
      ...served[capability],
      members: members[capability],
      connected: false,
      pluggedIn: true,
    }));
    this.#http = createServer((incoming, response) => void this.#answer(incoming, response));
  }

  async start(port = 0): Promise<AlpacaAddress> {
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (this.#http.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  uniqueIdOf(capability: Served): string {
    return `unique-${capability}`;
  }

  /** Pulls the cable of a device, or plugs it in again: then somebody has to connect it. */
  plug(capability: Served, isIn: boolean): void {
    const device = this.#devices.find((one) => one.capability === capability)!;
    device.pluggedIn = isIn;
    device.connected = false;
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(incoming);
      this.requests.push(`${request.method} ${request.path}`);
      if (this.#fails(request)) {
        response.writeHead(500, { 'content-type': 'text/plain' }).end('broken', () => incoming.socket.destroy());
        return;
      }
      if (this.quirks.has('answers to writes are lost') && request.method === 'PUT')
        response.end = () => response.destroy();
      await this.#respond(request, response);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      response.writeHead(400, { 'content-type': 'text/plain' }).end(error.message);
    }
  }

  async #respond(request: AlpacaRequest, response: ServerResponse): Promise<void> {
    const transaction: [number, number] = this.quirks.has('transaction ids 0')
      ? [0, 0]
      : [request.clientTransaction, ++this.#transaction];
    const listed = this.#management(request.path);
    const [device, name] = listed === undefined ? this.#memberOf(request.path) : [undefined, ''];
    try {
      if (device?.type === 'camera' && name === 'imagearray' && this.#wantsBytes(request)) {
        this.#requireConnected(device);
        const body = imageBytes(this.#camera.image(), transaction, this.quirks.has('64-bit images from byte 48'));
        response.setHeader('content-type', 'application/imagebytes').end(body);
        return;
      }
      const value = device ? await this.#valueOf(device, name, request) : listed;
      this.#json(response, transaction, value);
    } catch (error) {
      if (error instanceof BadRequest) throw error;
      const fault = faultOf(error);
      this.#json(response, transaction, undefined, fault);
    }
  }

  #json(response: ServerResponse, [client, server]: [number, number], value: unknown, fault?: AlpacaFault): void {
    const body = {
      ...(value !== undefined && { Value: this.quirks.has('numbers and truth as text') ? asText(value) : value }),
      ClientTransactionID: client,
      ServerTransactionID: server,
      ErrorNumber: fault?.number ?? 0,
      ErrorMessage: fault?.message ?? '',
    };
    const keys = (one: string) => (this.quirks.has('keys in lower case') ? one.toLowerCase() : one);
    const written = Object.fromEntries(Object.entries(body).map(([key, one]) => [keys(key), one]));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(written));
  }

  async #valueOf(device: ServedDevice, name: string, request: AlpacaRequest): Promise<unknown> {
    const common = this.#common(device)[name];
    const member = common ?? device.members[name];
    const part = request.method === 'GET' ? member?.get : request.method === 'PUT' ? member?.put : undefined;
    if (name === 'imagearray' && device.type === 'camera') return imageColumns(this.#camera.image());
    if (!part) throw new BadRequest(`${device.type} has no ${request.method} ${name}`);
    const given = request.given(part.needs);
    if (!common) this.#requireConnected(device);
    if ('value' in part) return await part.value(given);
    await part.act(given);
    return undefined;
  }

  /** Members that all devices have, connected or not. */
  #common(device: ServedDevice): Members {
    const connect = (wanted: boolean) => {
      if (wanted && !device.pluggedIn) throw new AlpacaFault(faults.driver, 'nothing answers at the port');
      device.connected = wanted;
      if (wanted && this.quirks.has('connect answered 0x407'))
        throw new AlpacaFault(faults.notConnected, 'not connected');
    };
    const old: Members = {
      connected: {
        get: { needs: {}, value: () => device.connected },
        put: { needs: { Connected: 'boolean' }, act: (given) => connect(given.flag('Connected')) },
      },
      name: { get: { needs: {}, value: () => `Simulated ${device.type}` } },
      description: { get: { needs: {}, value: () => `A simulated ${device.type}` } },
      driverversion: { get: { needs: {}, value: () => '1.0' } },
      interfaceversion: { get: { needs: {}, value: () => 4 } },
      supportedactions: { get: { needs: {}, value: () => [] } },
    };
    if (this.quirks.has('no Platform 7')) return old;
    return {
      ...old,
      connect: { put: { needs: {}, act: () => connect(true) } },
      disconnect: { put: { needs: {}, act: () => connect(false) } },
      connecting: { get: { needs: {}, value: () => false } },
      devicestate: { get: { needs: {}, value: () => this.#stateOf(device) } },
    };
  }

  async #stateOf(device: ServedDevice): Promise<unknown> {
    this.#requireConnected(device);
    const given = { number: () => 0, flag: () => false, text: () => '' };
    const told = await Promise.all(
      (stateMembers[device.type] ?? []).map(async (name) => ({
        Name: name,
        Value: await device.members[name.toLowerCase()]!.get!.value(given),
      })),
    );
    if (!this.quirks.has('devicestate as an object')) return told;
    return Object.fromEntries(told.map(({ Name, Value }) => [Name, Value]));
  }

  #memberOf(path: string): [ServedDevice, string] {
    const [, type, number, name] = /^\/api\/v1\/([a-z]+)\/(\d+)\/([a-z0-9]+)$/.exec(path) ?? [];
    const device = this.#devices.find((one) => one.type === type && String(one.number) === number);
    if (!device || name === undefined) throw new BadRequest(`there is no ${path}`);
    return [device, name];
  }

  #management(path: string): unknown {
    if (this.quirks.has('no management')) return undefined;
    switch (path) {
      case '/management/apiversions':
        return [1];
      case '/management/v1/description':
        return {
          ServerName: 'Simulated observatory',
          Manufacturer: 'BHTOM Edge',
          ManufacturerVersion: '1',
          Location: '',
        };
      case '/management/v1/configureddevices':
        return this.#devices.map(({ capability, type, number }) => ({
          DeviceName: capability,
          DeviceType: this.quirks.has('device types in capitals') ? type.toUpperCase() : type,
          DeviceNumber: number,
          UniqueID: this.uniqueIdOf(capability),
        }));
      default:
        return undefined;
    }
  }

  #requireConnected(device: ServedDevice): void {
    if (!device.connected) throw new AlpacaFault(faults.notConnected, 'not connected');
  }

  #wantsBytes({ accept }: AlpacaRequest): boolean {
    return /imagebytes/i.test(accept) && !this.quirks.has('imagearray in JSON only');
  }

  /** Every seventh GET of a device's values. */
  #fails({ method, path }: AlpacaRequest): boolean {
    if (!this.quirks.has('a 500, then a dead socket') || method !== 'GET' || !path.endsWith('/position')) return false;
    return ++this.#failures % 7 === 0;
  }
}

function asText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
