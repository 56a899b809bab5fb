import { dialectTable } from '../../config/dialects.ts';
import type { HeaderEdit } from '../../pipeline/fits/edit-header.ts';
import type { Header } from '../../pipeline/fits/header.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { unixMsOfMjd } from '../../pipeline/time/mjd.ts';

/** When a frame was taken, by the word of whoever ordered it. */
export interface ExposureTimes {
  readonly startMs: number;
  readonly exposureS: number;
}

/** What the visit knows better than any driver. */
const ofTheVisit = new Set([
  ...['OBJECT', 'RA', 'DEC', 'FILTER', 'IMAGETYP', 'REQID', 'VISITID', 'TELESCOP', 'SCALE'],
  ...['SITELAT', 'SITELONG', 'SITEELEV'],
]);
const ofTheTime = new Set(['DATE-OBS', 'DATE-AVG', 'TIMESYS']);
/** Where the mount pointed by the driver's word, for whatever equinox: it would contradict our RA and DEC. */
const otherPointing = ['OBJCTRA', 'OBJCTDEC', 'OBJCTEQX', 'EQUINOX', 'EPOCH', 'RADECSYS', 'RADESYS'];
/** What tells the moment of a frame: all of it goes when the moment is another one. */
const timeQuantities = [
  ...(['dateStart', 'timeStart', 'dateMid', 'timeMid', 'dateEnd', 'timeEnd', 'dateLocal', 'timeLocal'] as const),
  ...(['mjdStart', 'jdStart', 'mjdMid', 'jdMid', 'mjdEnd', 'siderealTime'] as const),
];

/** A driver's clock, or its moment of writing, may differ from ours by so much and still be the better word. */
const startToleranceMs = 5_000;
const exposureTolerance = { s: 0.5, share: 0.05 };

/**
 * How the header that a driver wrote is changed to that of a visit's frame. What the visit asked for is stated by `ours`;
 * of the camera the driver knows more, and `ours` fills what it leaves out. Its times stand unless there are none or they
 * cannot be those of this exposure. `header` and `facts` are the driver's.
 */
export function driverHeaderEdit(
  header: Header,
  facts: FrameFacts,
  ours: readonly CardToWrite[],
  { startMs, exposureS }: ExposureTimes,
): HeaderEdit {
  const told = facts.startUtc?.value;
  const isOtherTime = told === undefined || Math.abs(unixMsOfMjd(told) - startMs) > startToleranceMs;
  const differsS = Math.abs((facts.exposureS?.value ?? Number.POSITIVE_INFINITY) - exposureS);
  const isOtherExposure = differsS > exposureTolerance.s + exposureTolerance.share * exposureS;
  const set = ours.filter(({ keyword }) => {
    if (ofTheVisit.has(keyword)) return true;
    if (ofTheTime.has(keyword)) return isOtherTime;
    if (keyword === 'EXPTIME') return isOtherExposure;
    // By it a header is known for whose it is, and with it what the driver's own cards mean.
    if (keyword === 'SWCREATE' && facts.dialect !== 'generic') return false;
    // It says from which row a pattern counts, and belongs to the one who told the pattern.
    return header.card(keyword === 'ROWORDER' ? 'BAYERPAT' : keyword) === undefined;
  });
  const remove = [
    ...otherPointing,
    ...(isOtherTime ? keywordsOf(timeQuantities) : []),
    ...(isOtherExposure ? keywordsOf(['exposureS', 'exposureMs', 'elapsedS']) : []),
  ];
  return { set, remove };
}

function keywordsOf(quantities: readonly (keyof typeof dialectTable.generic)[]): string[] {
  return quantities.flatMap((quantity) =>
    (dialectTable.generic[quantity] ?? []).map((rule) => (typeof rule === 'string' ? rule : rule.keyword)),
  );
}
