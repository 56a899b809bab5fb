import type { PhotometryParcel, TargetMeasurement } from '../../../protocol/photometry.ts';
import { separationDeg } from '../../../sky/sphere.ts';

/** The running number by which BHTOM finds the target among the stars. */
const targetNumber = 999_999;
/**
 * Any constant will do; this one, the magnitude of one electron a second, keeps them positive, as those of other
 * programs are. Our own instrumental magnitudes have none.
 */
export const instrumentalConstantMag = 25;
/** Stars that tell nothing only slow the match down. */
const largestErrorMag = 1;
/** A source so near to the target's place is the target. */
const sameArcsec = 1.5;
const magPerRelativeFlux = 2.5 / Math.LN10;

/** The first seven stand in the order of BHTOM's own photometry, for readers that go by position; names are literal. */
const columns = [
  ['NUMBER', 'Running object number', ''],
  ['ALPHA_J2000', 'Right ascension of barycenter (J2000)', '[deg]'],
  ['DELTA_J2000', 'Declination of barycenter (J2000)', '[deg]'],
  ['XWIN_IMAGE', 'Windowed position estimate along x', '[pixel]'],
  ['YWIN_IMAGE', 'Windowed position estimate along y', '[pixel]'],
  ['MAG_AUTO', 'Instrumental magnitude by PSF fit', '[mag]'],
  ['MAGERR_AUTO', 'RMS error for MAG_AUTO', '[mag]'],
  ['FLAGS', 'Extraction flags', ''],
] as const;

interface Star {
  readonly number: number;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly x: number;
  readonly y: number;
  readonly mag: number;
  readonly magErr: number;
  readonly flags: number;
}

/**
 * The stars of one plane as SExtractor's ASCII_HEAD, the form in which BHTOM takes instrumental photometry: J2000
 * degrees, FITS pixels, magnitudes on one arbitrary constant with no zero point of ours in them. The target carries its
 * number when it was detected; without it BHTOM gives a limit. The text is a reason when the frame cannot be given so.
 */
export function instrumentalCatalogue(
  { frame, sources, site, instrument }: PhotometryParcel,
  target: TargetMeasurement,
): { readonly text: string; readonly nStars: number } | string {
  if (!sources?.ra || !sources.dec) return 'the frame is not located on the sky';
  if (!(frame.exposureS !== null && frame.exposureS > 0)) return 'its exposure is not known';
  const stars = starsOf(sources, frame.exposureS);
  const own = targetStar(target, frame.exposureS);
  const others = own ? stars.filter((star) => separationDeg(star, own) * 3600 > sameArcsec) : stars;
  const rows = [...(own ? [own] : []), ...others].map(rowOf);
  if (others.length === 0) return 'no star but the target was measured';
  const head = columns.map(([name, words, unit], i) =>
    `#${String(i + 1).padStart(4)} ${name.padEnd(22)} ${words.padEnd(58)} ${unit}`.trimEnd(),
  );
  // A comment that began with a number would read as a column.
  const words = `# Made by ${frame.software} for ${site} ${instrument}; exposure ${frame.exposureId}, plane ${frame.plane}`;
  return { text: `${[...head, words, ...rows].join('\n')}\n`, nStars: others.length };
}

function starsOf(sources: NonNullable<PhotometryParcel['sources']>, exposureS: number): Star[] {
  const column = (name: string, i: number) => sources[name]?.[i] ?? Number.NaN;
  const stars: Star[] = [];
  for (let i = 0; i < sources.ra!.length; i++) {
    const star = starOf({
      ...{
        number: stars.length + 1,
        raDeg: column('ra', i),
        decDeg: column('dec', i),
        x: column('x', i),
        y: column('y', i),
      },
      ...{ flux: column('flux', i), fluxErr: column('flux_err', i), flags: column('flags', i), exposureS },
    });
    if (star) stars.push(star);
  }
  return stars;
}

function targetStar(
  { raDeg, decDeg, x, y, flux, fluxErr, flags, verdict }: TargetMeasurement,
  exposureS: number,
): Star | undefined {
  if (verdict !== 'detected' || raDeg === null || decDeg === null) return undefined;
  const [place, light] = [
    { x: x ?? Number.NaN, y: y ?? Number.NaN },
    { flux: flux ?? Number.NaN, fluxErr: fluxErr ?? Number.NaN },
  ];
  return starOf({ number: targetNumber, raDeg, decDeg, ...place, ...light, flags, exposureS });
}

function starOf(
  given: Omit<Star, 'mag' | 'magErr'> & { readonly flux: number; readonly fluxErr: number; readonly exposureS: number },
): Star | undefined {
  const { flux, fluxErr, exposureS, ...star } = given;
  const mag = instrumentalConstantMag - 2.5 * Math.log10(flux / exposureS);
  const magErr = magPerRelativeFlux * (fluxErr / flux);
  const isWhole = [mag, magErr, star.raDeg, star.decDeg, star.x, star.y].every(Number.isFinite);
  return isWhole && magErr > 0 && magErr < largestErrorMag ? { ...star, mag, magErr } : undefined;
}

function rowOf({ number, raDeg, decDeg, x, y, mag, magErr, flags }: Star): string {
  // SExtractor's own flags fit into a byte; ours beyond them mean nothing to other readers.
  const told = (Number.isFinite(flags) ? flags : 0) & 0xff;
  return [
    String(number).padStart(8),
    raDeg.toFixed(7).padStart(12),
    decDeg.toFixed(7).padStart(12),
    x.toFixed(3).padStart(10),
    y.toFixed(3).padStart(10),
    mag.toFixed(4).padStart(9),
    Math.max(magErr, 0.0001).toFixed(4).padStart(8),
    String(told).padStart(4),
  ].join(' ');
}
