import type { ConditionsState, ObservingConditions, Reading, Weather, WeatherState } from '../../contract.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';
import { Facts } from '../facts.ts';

/**
 * Sensors of an ObservingConditions device. A reading is as old as the oldest value in it, by the station's own word
 * (TimeSinceLastUpdate): a sensor that has died is not made younger by a server that repeats it.
 */
abstract class AlpacaSensors<Value> extends AlpacaDevice {
  readonly #sensors: readonly string[];

  constructor(reach: AlpacaReach, sensors: readonly string[]) {
    super(reach, 'observingconditions', []);
    this.#sensors = sensors;
  }

  read(): Promise<Reading<Value>> {
    return this.presence.needed(async () => {
      const told = await Promise.all(this.#sensors.map((sensor) => this.#measured(sensor)));
      const atMs = this.clock.nowMs() - 1000 * Math.max(0, ...told.map(({ ageS }) => ageS));
      return { value: this.valuesFrom(new Facts(new Map(told.map(({ sensor, value }) => [sensor, value])))), atMs };
    });
  }

  protected abstract valuesFrom(facts: Facts): Value;

  /** A negative age is the specification's word for a sensor that never had a value. */
  async #measured(sensor: string): Promise<{ sensor: string; value: unknown; ageS: number }> {
    const value = await this.ask(sensor);
    if (value === undefined) return { sensor, value, ageS: 0 };
    const age = await this.ask('timesincelastupdate', { SensorName: sensor });
    const ageS = new Facts(new Map([['age', age]])).number('age') ?? 0;
    return ageS < 0 ? { sensor, value: undefined, ageS: 0 } : { sensor, value, ageS };
  }
}

/** A weather station by Alpaca. */
export class AlpacaWeather extends AlpacaSensors<WeatherState> implements Weather {
  constructor(reach: AlpacaReach) {
    super(reach, [
      'rainrate',
      'windspeed',
      'windgust',
      'humidity',
      'temperature',
      'dewpoint',
      'cloudcover',
      'skytemperature',
    ]);
  }

  protected override valuesFrom(facts: Facts): WeatherState {
    const rainMmPerH = facts.number('rainrate');
    return {
      rain: rainMmPerH === undefined ? undefined : rainMmPerH > 0,
      windMPerS: facts.number('windspeed'),
      gustMPerS: facts.number('windgust'),
      humidityPercent: facts.number('humidity'),
      temperatureC: facts.number('temperature'),
      dewPointC: facts.number('dewpoint'),
      cloudPercent: facts.number('cloudcover'),
      skyTemperatureC: facts.number('skytemperature'),
      safe: undefined,
    };
  }
}

/** The quality of the sky by Alpaca. */
export class AlpacaConditions extends AlpacaSensors<ConditionsState> implements ObservingConditions {
  constructor(reach: AlpacaReach) {
    super(reach, ['skyquality', 'starfwhm']);
  }

  protected override valuesFrom(facts: Facts): ConditionsState {
    return {
      skyBrightnessMagPerArcsec2: facts.number('skyquality'),
      seeingArcsec: facts.number('starfwhm'),
    };
  }
}
