import { Random } from '../../base/random.ts';
import type { BandMagnitudes, ReferenceStars } from '../../pipeline/standardisation/reference.ts';
import type { InstrumentalList } from '../../pipeline/standardisation/standardise.ts';
import { drawStars, type StarMagnitudes, simulatedBands } from './stellar-colours.ts';

export interface FrameChoices {
  readonly band: (typeof simulatedBands)[number];
  readonly nStars: number;
  /** Colour term of the instrument, magnitudes per magnitude of BP-RP. */
  readonly colourTerm?: number;
  readonly zeroPoint?: number;
  /** Share of stars that are wrong by 0.1 to 2 magnitudes. */
  readonly outliers?: number;
  readonly brightG?: number;
  readonly faintG?: number;
  readonly ebv?: number;
  readonly raDeg?: number;
  readonly decDeg?: number;
  readonly fieldDeg?: number;
  /** Scatter of positions and a common offset of the list, arcsec. */
  readonly sigmaArcsec?: number;
  readonly offsetArcsec?: readonly [number, number];
  /** Size of a gradient of the zero point over half the field, magnitudes. */
  readonly gradient?: number;
  /** Error of the brightest stars, magnitudes. */
  readonly errorFloor?: number;
  /** Bands of the reference; all when absent. */
  readonly referenceBands?: readonly string[];
}

/** A list of instrumental magnitudes as a site's camera gives it, and the reference that it is to be held against. */
export function simulateFrame(
  seed: number,
  choices: FrameChoices,
): { list: InstrumentalList; reference: ReferenceStars } {
  const random = new Random(seed);
  const {
    nStars,
    band,
    raDeg = 120,
    decDeg = 35,
    fieldDeg = 0.5,
    sigmaArcsec = 0.25,
    brightG = 12,
    faintG = 16.5,
  } = choices;
  const stars = drawStars(random, nStars, brightG, faintG, choices.ebv ?? 0.1);
  const cosDec = Math.cos((decDeg * Math.PI) / 180);
  const column = (): Float64Array => new Float64Array(nStars);
  const reference = { raDeg: column(), decDeg: column() };
  const list = { raDeg: column(), decDeg: column(), mag: column(), magErr: column() };
  stars.forEach((star, k) => {
    const place = [random.uniform() - 0.5, random.uniform() - 0.5] as const;
    reference.raDeg[k] = (raDeg + (place[0] * fieldDeg) / cosDec + 360) % 360;
    reference.decDeg[k] = decDeg + place[1] * fieldDeg;
    const [east, north] = choices.offsetArcsec ?? [0.4, -0.3];
    list.raDeg[k] = (reference.raDeg[k]! + (east + sigmaArcsec * random.normal()) / 3600 / cosDec + 360) % 360;
    list.decDeg[k] = reference.decDeg[k]! + (north + sigmaArcsec * random.normal()) / 3600;
    list.magErr[k] = Math.hypot(choices.errorFloor ?? 0.008, 0.02 * 10 ** (0.35 * (star[band] - 16)));
    const wrong = random.uniform() < (choices.outliers ?? 0.07) ? -(0.1 + 1.9 * random.uniform() ** 2) : 0;
    const colourTerm = (choices.colourTerm ?? 0) * (star.BP - star.RP - 0.9);
    const gradient = 2 * (choices.gradient ?? 0) * place[0];
    list.mag[k] =
      star[band] - (choices.zeroPoint ?? 22) - colourTerm - gradient + wrong + list.magErr[k]! * random.normal();
  });
  return {
    list,
    reference: { ...reference, epochYear: 2016, bands: referenceBands(random, stars, choices.referenceBands) },
  };
}

/** Errors as Gaia's synthetic photometry has them: a floor, growing where a band's flux gets low; u and U are worst. */
function referenceBands(
  random: Random,
  stars: readonly StarMagnitudes[],
  wanted: readonly string[] = simulatedBands,
): Map<string, BandMagnitudes> {
  const bands = new Map<string, BandMagnitudes>();
  for (const band of simulatedBands.filter((name) => wanted.includes(name))) {
    const floor = band === 'u' || band === 'U' ? 0.015 : band === 'G' ? 0.002 : 0.005;
    const faint = band === 'u' ? 0.01 : band === 'U' ? 0.019 : 0.006;
    const magErr = Float64Array.from(stars, (star) => Math.hypot(floor, faint * 10 ** (0.35 * (star[band] - 16))));
    const mag = Float64Array.from(stars, (star, k) => {
      // No synthetic magnitude stands where its signal to noise is below 30.
      return magErr[k]! > 1.0857 / 30 && band.length === 1 && band !== 'G'
        ? Number.NaN
        : star[band] + magErr[k]! * random.normal();
    });
    bands.set(band, { mag, magErr, derived: 0 });
  }
  return bands;
}
