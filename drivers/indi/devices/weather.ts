import type { Clock } from '../../../base/clock.ts';
import type { Reading, SafetyMonitor, Weather, WeatherState } from '../../contract.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';
import type { MemberDefinition } from '../wire/elements.ts';

type Quantity = Exclude<keyof WeatherState, 'rain' | 'safe'>;

/** Members of WEATHER_PARAMETERS by what they measure; drivers add endings of their own. */
const quantities: readonly (readonly [RegExp, Quantity])[] = [
  [/^WEATHER_WIND_GUST/, 'gustMPerS'],
  [/^WEATHER_WIND(_SPEED)?$/, 'windMPerS'],
  [/^WEATHER_(REL_)?HUMIDITY/, 'humidityPercent'],
  [/^WEATHER_(DEWPOINT|DEW_POINT)/, 'dewPointC'],
  [/^WEATHER_(CLOUD_COVER|CLOUDS?)$/, 'cloudPercent'],
  [/^WEATHER_(SKY|IR|CLOUD)_TEMPERATURE/, 'skyTemperatureC'],
  [/^WEATHER_TEMPERATURE/, 'temperatureC'],
];

/** Speeds by the unit in the label; INDI's own stations give kilometres an hour. */
const mPerSPerUnit: readonly (readonly [RegExp, number])[] = [
  [/m\/s|mps/i, 1],
  [/mph|mi\/h/i, 0.44704],
  [/kn(ots?)?\b|kts?/i, 0.514444],
];
const usualMPerS = 1 / 3.6;

/** A weather station by INDI. Its values are as old as the last message that carried them, whatever its driver says. */
export class IndiWeather extends IndiDevice implements Weather {
  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['WEATHER_PARAMETERS']);
  }

  read(): Promise<Reading<WeatherState>> {
    return this.presence.needed(async () => {
      const parameters = this.property('WEATHER_PARAMETERS');
      return {
        value: weatherOf([...(parameters?.members.values() ?? [])], statusOf(this)),
        atMs: parameters?.atMs ?? 0,
      };
    });
  }

  /** The lights of the station's own verdict. */
  status(): { readonly state: string; readonly lights: readonly string[] } | undefined {
    const status = this.property('SAFETY_STATUS') ?? this.property('WEATHER_STATUS');
    return status && { state: status.state, lights: [...status.members.values()].map(({ value }) => String(value)) };
  }
}

/** A program or box that says whether it is safe, by INDI. */
export class IndiSafetyMonitor extends IndiDevice implements SafetyMonitor {
  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['SAFETY_STATUS']);
  }

  read(): Promise<Reading<{ readonly safe: boolean | undefined; readonly reason: string | undefined }>> {
    return this.reading(() => {
      const status = this.property('SAFETY_STATUS')!;
      const bad = [...status.members.values()].filter(({ value }) => value !== 'Ok');
      const reason = bad.map(({ label, value }) => `${label}: ${String(value)}`).join(', ');
      return {
        safe: verdictOf(
          status.state,
          bad.map(({ value }) => String(value)),
        ),
        reason: reason || undefined,
      };
    });
  }
}

function statusOf(station: IndiWeather): boolean | undefined {
  const status = station.status();
  return status && verdictOf(status.state, status.lights);
}

/**
 * Safe is only what says so: Ok, or Busy, which is a warning short of the limits. Idle is the light of a device that is
 * off or away, and never safe, whatever the state of the whole.
 */
function verdictOf(state: string, lights: readonly string[]): boolean {
  return [state, ...lights].every((light) => light === 'Ok' || light === 'Busy');
}

/** What the parameters of a station mean, in our units; for tests of other stations' names. */
function weatherOf(members: readonly MemberDefinition[], safe: boolean | undefined): WeatherState {
  const found: Partial<Record<Quantity, number>> = {};
  let rain: boolean | undefined;
  for (const { name, label, value } of members) {
    const number = Number(value);
    if (/^WEATHER_RAIN/.test(name)) rain = rain === true || !(number <= 0); // NaN is no word for dry
    const quantity = quantities.find(([pattern]) => pattern.test(name))?.[1];
    if (quantity) found[quantity] = quantity.endsWith('MPerS') ? number * speedUnit(label) : number;
  }
  const of = (quantity: Quantity) => found[quantity];
  return {
    rain,
    windMPerS: of('windMPerS'),
    gustMPerS: of('gustMPerS'),
    humidityPercent: of('humidityPercent'),
    temperatureC: of('temperatureC'),
    dewPointC: of('dewPointC'),
    cloudPercent: of('cloudPercent'),
    skyTemperatureC: of('skyTemperatureC'),
    safe,
  };
}

function speedUnit(label: string): number {
  return mPerSPerUnit.find(([pattern]) => pattern.test(label))?.[1] ?? usualMPerS;
}
