import type { Clock } from '../../../../base/clock.ts';
import type { Reading } from '../../../../drivers/contract.ts';
import type { SimulatedDome } from '../../../../drivers/simulator/dome.ts';
import type {
  SimulatedConditions,
  SimulatedSafetyMonitor,
  SimulatedSwitches,
} from '../../../../drivers/simulator/site-devices.ts';
import type { SimulatedWeather } from '../../../../drivers/simulator/weather.ts';
import {
  AlpacaFault,
  acts,
  faults,
  type Given,
  lacks,
  type Member,
  type Members,
  reads,
  UnderWay,
} from '../members.ts';
import type { Quirk } from '../quirks.ts';

export function dome(device: SimulatedDome): Members {
  const moving = new UnderWay();
  const state = async () => (await device.read()).value;
  return {
    cansetazimuth: reads(() => device.canRotate),
    canslave: reads(() => device.canRotate),
    cansetshutter: reads(() => true),
    shutterstatus: reads(
      async () => ({ open: 0, closed: 1, opening: 2, closing: 3, unknown: 4 })[(await state()).shutter],
    ),
    azimuth: reads(async () => (await state()).rotation?.azimuthDeg),
    slewing: reads(async () => {
      const { rotation, shutter } = await state();
      return rotation?.moving === true || shutter === 'opening' || shutter === 'closing';
    }),
    slaved: {
      ...reads(async () => (await state()).rotation?.slaved),
      ...acts((given) => moving.begin((command) => device.setSlaved(given.flag('Slaved'), command)), {
        Slaved: 'boolean',
      }),
    },
    openshutter: acts(() => moving.begin((command) => device.open(command))),
    closeshutter: acts(() => moving.begin((command) => device.close(command))),
    slewtoazimuth: acts((given) => moving.begin((command) => device.rotateTo(given.number('Azimuth'), command)), {
      Azimuth: 'number',
    }),
    abortslew: acts(() => {
      moving.end();
      return new UnderWay().begin((command) => device.stop(command));
    }),
  };
}

export function safetyMonitor(device: SimulatedSafetyMonitor): Members {
  return { issafe: reads(async () => (await device.read()).value.safe === true) };
}

type Values = Readonly<Record<string, number | boolean | undefined>>;

/** The sensors of a weather station or sky monitor; those without a value are not implemented. */
function sensors(
  read: () => Promise<Reading<Values>>,
  names: Readonly<Record<string, string>>,
  ageS: () => Promise<number>,
): Members {
  const all = [
    'rainrate',
    'windspeed',
    'windgust',
    'winddirection',
    'humidity',
    'temperature',
    'dewpoint',
    'cloudcover',
    'skytemperature',
    'skyquality',
    'skybrightness',
    'starfwhm',
    'pressure',
  ];
  const sensor = (name: string): Member => {
    const of = names[name];
    return of === undefined ? lacks() : reads(async () => Number((await read()).value[of]));
  };
  return {
    ...Object.fromEntries(all.map((name) => [name, sensor(name)])),
    timesincelastupdate: reads(
      (given) => {
        if (names[given.text('SensorName').toLowerCase()] === undefined)
          throw new AlpacaFault(faults.notImplemented, 'no such sensor');
        return ageS();
      },
      { SensorName: 'text' },
    ),
  };
}

export function weather(device: SimulatedWeather, clock: Clock, quirks: ReadonlySet<Quirk>): Members {
  const names = {
    rainrate: 'rain',
    windspeed: 'windMPerS',
    windgust: 'gustMPerS',
    humidity: 'humidityPercent',
    temperature: 'temperatureC',
    dewpoint: 'dewPointC',
    cloudcover: 'cloudPercent',
    skytemperature: 'skyTemperatureC',
  };
  const read = async () => (await device.read()) as unknown as Reading<Values>;
  return sensors(read, names, async () =>
    quirks.has('weather 31 s old') ? 31 : (clock.nowMs() - (await device.read()).atMs) / 1000,
  );
}

export function conditions(device: SimulatedConditions): Members {
  const names = { skyquality: 'skyBrightnessMagPerArcsec2', starfwhm: 'seeingArcsec' };
  return sensors(
    async () => (await device.read()) as unknown as Reading<Values>,
    names,
    async () => 0,
  );
}

export function switches(device: SimulatedSwitches): Members {
  const id = { Id: 'integer' } as const;
  const channel = (given: Given) => {
    const found = device.channels[given.number('Id')];
    if (!found) throw new AlpacaFault(faults.invalidValue, 'no such switch');
    return found;
  };
  const valueAt = async (given: Given) => {
    const { name } = channel(given);
    return (await device.read()).value.find((one) => one.name === name)!.value;
  };
  return {
    maxswitch: reads(() => device.channels.length),
    getswitchname: reads((given) => channel(given).name, id),
    minswitchvalue: reads((given) => channel(given).min, id),
    maxswitchvalue: reads((given) => channel(given).max, id),
    switchstep: reads(() => 1, id),
    canwrite: reads((given) => channel(given).writable, id),
    getswitchvalue: reads(valueAt, id),
    getswitch: reads(async (given) => (await valueAt(given)) > channel(given).min, id),
    setswitchvalue: acts(
      (given) => new UnderWay().begin((command) => device.set(channel(given).name, given.number('Value'), command)),
      { Id: 'integer', Value: 'number' },
    ),
  };
}
