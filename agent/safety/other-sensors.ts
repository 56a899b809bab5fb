import type { Clock } from '../../base/clock.ts';
import type { Power, SafetyMonitor } from '../../drivers/contract.ts';
import type { Sensor } from './state.ts';

/** A computer clock that is wrong by more than this points telescopes wrongly and mistakes day for night. */
const mostWrongMs = 60_000;

/**
 * The computer's clock against another's: `differenceMs` is what was last learned of it, undefined while nobody has
 * told (a site without a network observes all the same, by its own clock).
 */
export function clockSensor(differenceMs: () => number | undefined, clock: Clock): Sensor {
  return {
    name: 'clock',
    maxAgeMs: 120_000,
    async read() {
      const wrongMs = differenceMs();
      const fine = wrongMs === undefined || Math.abs(wrongMs) <= mostWrongMs;
      const text = `the computer's clock is wrong by ${Math.round(Math.abs(wrongMs ?? 0) / 1000)} s; set it`;
      return { value: fine ? [] : [text], atMs: clock.nowMs() };
    },
  };
}

/** Another program's verdict. No clear word is unsafe. */
export function monitorSensor(monitor: SafetyMonitor, maxAgeMs: number): Sensor {
  return {
    name: monitor.name,
    maxAgeMs,
    async read() {
      const { value, atMs } = await monitor.read();
      if (value.safe === true) return { value: [], atMs };
      const verdict = value.safe === false ? 'it says unsafe' : 'it gives no clear word';
      return { value: [value.reason === undefined ? verdict : `${verdict}: ${value.reason}`], atMs };
    },
  };
}

/** The site's power: on its battery there is just enough to close. */
export function powerSensor(power: Power, maxAgeMs: number): Sensor {
  return {
    name: power.name,
    maxAgeMs,
    async read() {
      const { value, atMs } = await power.read();
      if (value.source === 'mains') return { value: [], atMs };
      return { value: [value.source === 'battery' ? 'the site runs on its battery' : 'its source is not known'], atMs };
    },
  };
}
