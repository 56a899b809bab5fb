import type { Card } from '../fits/card.ts';
import { addSeconds, normaliseMjd } from '../time/mjd.ts';
import type { StatedZone } from '../time/parse-date.ts';
import type { Quantity } from './dialect.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import type { Moment, MomentRole, Spoken } from './moment.ts';
import { clockMoment, dateMoment, julianMoment } from './moment-cards.ts';
import { roleOf, secondsAheadOfUtc, type TimeSystem, timeSystem, zoneOf } from './moment-words.ts';

type Value = string | number | boolean;

const dated: readonly (readonly [Quantity, MomentRole])[] = [
  ['dateMid', 'middle'],
  ['dateStart', 'start'],
  ['dateEnd', 'end'],
  ['dateFile', 'file'],
];
const clocks: readonly (readonly [Quantity, MomentRole])[] = [
  ['timeStart', 'start'],
  ['timeMid', 'middle'],
  ['timeEnd', 'end'],
];
const julian: readonly (readonly [Quantity, MomentRole])[] = [
  ['mjdMid', 'middle'],
  ['jdMid', 'middle'],
  ['mjdStart', 'start or middle'],
  ['jdStart', 'start or middle'],
  ['mjdEnd', 'end'],
];

/** Every quantity that tells of the moment of an exposure. */
export const momentQuantities: readonly Quantity[] = [
  ...[...dated, ...clocks, ...julian].map(([quantity]) => quantity),
  'dateLocal',
  'timeLocal',
];

/** Everything that the cards of a header say of the moment of an exposure, each card once; on the scale of UTC. */
export function findMoments(lookup: Lookup): Moment[] {
  const system = timeSystem(lookup);
  const moments: Moment[] = [];
  const seen = new Set<Card>();
  const add = (reading: Reading<Spoken>) => {
    const { value, card, confidence, source } = reading;
    if (source && seen.has(source)) return;
    if (source) seen.add(source);
    moments.push({ ...value, card, confidence, quote: quoteReading(reading), comment: source?.comment ?? '' });
  };
  const read = (quantity: Quantity, role: MomentRole, parse: (value: Value, source?: Card) => Spoken | undefined) => {
    for (const reading of lookup.findAll(quantity, (value, _card, source) => parse(value, source))) {
      const comment = reading.source?.comment ?? '';
      const zone = reading.value.zone === 'unstated' ? zoneOf(reading.card, comment) : undefined;
      const settled = settleZone({ ...reading.value, role: roleOf(comment, role) }, zone, system);
      add({ ...reading, value: settled });
    }
  };
  for (const [quantity, role] of dated) read(quantity, role, (value, source) => dateMoment(value, source, role));
  for (const [quantity, role] of julian) read(quantity, role, (value, source) => julianMoment(value, source, role));
  for (const [quantity, role] of clocks) read(quantity, role, (value, source) => clockMoment(value, source, role));
  read('dateLocal', 'start', (value, source) => asLocal(dateMoment(value, source, 'start')));
  read('timeLocal', 'start', (value, source) => asLocal(clockMoment(value, source, 'start')));
  return withTimesOfDay(moments);
}

/** Dates without a time of day, put together with the time of day that another card tells. */
function withTimesOfDay(moments: readonly Moment[]): Moment[] {
  return moments.map((date) => {
    if (!date.isDate || date.role === 'file') return date;
    const clock =
      moments.find(({ isClock, role, zone }) => isClock && role === date.role && zone !== 'local') ??
      moments.find(({ isClock, role }) => isClock && role === date.role);
    if (!clock) return date;
    const { resolutionS, zone } = clock;
    const mjd = normaliseMjd(date.mjd.day + clock.mjd.day, clock.mjd.fraction);
    return { ...date, mjd, resolutionS, zone, isDate: false, quote: `${date.quote} with ${clock.quote}` };
  });
}

/** A moment in UTC, given the zone that its card states beside the value, or else the time scale of the whole header. */
function settleZone(moment: Spoken, zone: StatedZone, system: TimeSystem): Spoken {
  if (moment.zone !== 'unstated') return moment;
  if (zone && 'offsetMinutes' in zone) {
    const isDay = moment.isDate ? 0 : zone.offsetMinutes;
    return { ...moment, mjd: addSeconds(moment.mjd, -60 * isDay), zone: 'utc' };
  }
  if (zone) return { ...moment, zone: 'local' };
  if (system === 'local') return { ...moment, zone: 'local' };
  if (moment.isClock || moment.isDate || system === 'utc') return moment;
  return { ...moment, mjd: addSeconds(moment.mjd, -secondsAheadOfUtc(system, moment.mjd)) };
}

function asLocal(moment: Spoken | undefined): Spoken | undefined {
  return moment?.zone === 'unstated' ? { ...moment, zone: 'local' } : moment;
}
