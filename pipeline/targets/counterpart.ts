import { SourceFlag } from '../flags.ts';
import type { NearStar } from '../standardisation/stars-near.ts';
import type { ArchiveWord } from './archive.ts';

/**
 * What stands at a target's position: a source that neither catalogue nor archive knows · the star that the catalogue
 * has there · one that catalogue or archive know to vary · a source without a catalogued star that the archive has seen
 * before · nothing down to the limit · what cannot be told, for the reason given.
 */
export type CounterpartKind =
  | 'new source'
  | 'known star'
  | 'known variable'
  | 'known transient'
  | 'nothing'
  | 'unclear';

/** The verdict on a target in one frame, with the numbers that led to it. */
export interface Counterpart {
  readonly kind: CounterpartKind;
  /** The same for people. */
  readonly words: string;
  /** Sigma of the forced flux. */
  readonly significance: number;
  /** Standard magnitude of 5 sigma at the place; undefined without a zero point. */
  readonly limit: number | undefined;
  /** The nearest star of the catalogue. */
  readonly star: CounterpartStar | undefined;
  /** How deep the catalogue goes about here, magnitudes of the frame's band; undefined without one. */
  readonly catalogueDepth: number | undefined;
  readonly archive: ArchiveWord | undefined;
}

export interface CounterpartStar {
  readonly separationArcsec: number;
  /** The same over the combined error of the light's place, the solution and the catalogue. */
  readonly separationSigma: number;
  readonly mag: number;
  readonly magErr: number;
  readonly isVariable: boolean;
  /** Measured minus catalogued, and the same in sigma; undefined unless both are known. */
  readonly magDifference: number | undefined;
  readonly differenceSigma: number | undefined;
  /** Probability that some star as bright as this or brighter lies so close by chance. */
  readonly chance: number;
}

/** What the verdict goes by. */
export interface CounterpartFacts {
  readonly significance: number;
  readonly mag: number | undefined;
  readonly magErr: number | undefined;
  readonly limit: number | undefined;
  readonly band: string | undefined;
  /** Flags of the forced measurement and of its place. */
  readonly flags: number;
  /** What spoils the place, in words. */
  readonly troubles: readonly string[];
  /** Error of the place of the light on the sky, one axis, arcsec: centre and solution. */
  readonly placeSigmaArcsec: number;
  readonly fwhmArcsec: number;
  /** A source was detected at the position without being told to look there. */
  readonly isDetected: boolean;
  /** That source is broader than the PSF. */
  readonly isExtended: boolean;
  /** Catalogue stars by distance from the light; undefined where there is no catalogue. */
  readonly stars: readonly NearStar[] | undefined;
  /** Whether the given star is seen as a source of its own beside the one at the position. */
  readonly isSeenApart: (star: NearStar) => boolean;
  /** Catalogue stars a square arcsecond as bright as this or brighter. */
  readonly density: (mag: number) => number;
  readonly catalogueDepth: () => number | undefined;
  readonly archive: ArchiveWord | undefined;
}

const seenSigma = 3;
/** What is claimed to be new must stand out by this much. */
const newSigma = 5;
/** Of two places that are the same, two in a thousand lie farther apart than this. */
const matchSigma = 3.5;
/** Errors of catalogue positions at the epoch of the frame, arcsec, and of its magnitudes on our system. */
const catalogueSigmaArcsec = 0.1;
const systemSigmaMag = 0.03;
/** A change of brightness that is worth a word. */
const changedSigma = 5;
const changedMag = 0.2;

/** A catalogue does not end at one magnitude. */
const depthMarginMag = 0.25;

/** A new source is claimed on clean pixels only. */
const spoils =
  SourceFlag.truncated | SourceFlag.badPixel | SourceFlag.cosmicRay | SourceFlag.saturated | SourceFlag.nearSaturated;

/** Tells what stands at a target's position. */
export function counterpart(facts: CounterpartFacts): Counterpart {
  const { significance, limit, archive } = facts;
  const stars = facts.stars?.map((star) => describe(star, facts));
  const nearest = stars?.[0];
  const about = { significance, limit, star: nearest, archive };
  const told = (kind: CounterpartKind, words: string, catalogueDepth?: number): Counterpart => ({
    ...{ kind, words: [words, ...archiveWords(facts)].join('; '), ...about, catalogueDepth },
  });
  if (!(significance > seenSigma)) return told('nothing', nothingWords(facts, nearest));
  if (nearest && nearest.separationSigma <= matchSigma) {
    const isVariable = nearest.isVariable || archive?.varied === true;
    return told(isVariable ? 'known variable' : 'known star', starWords(facts, nearest, isVariable));
  }
  if (facts.flags & spoils)
    return told('unclear', `something is seen, ${facts.troubles.join(', ') || 'on bad pixels'}`);
  if (archive && archive.nDetections > 1) {
    const kind = archive.varied ? 'known variable' : 'known transient';
    return told(kind, 'no catalogued star, but the archive has seen it before');
  }
  if (!facts.stars) return told('unclear', 'something is seen, and there are no reference stars to hold it against');
  if (significance < newSigma || !facts.isDetected) {
    return told(
      'unclear',
      `${significance.toFixed(1)} sigma at a place without a catalogued star: too little to call it new`,
    );
  }
  const first = facts.stars[0];
  if (first && nearest && first.separationArcsec < facts.fwhmArcsec && !facts.isSeenApart(first)) {
    return told('unclear', `blended with the star ${starName(facts, nearest)} ${distanceWords(nearest)}`);
  }
  if (facts.isExtended) return told('unclear', 'broader than a star: a galaxy, a nebula or a blend');
  const depth = facts.catalogueDepth();
  if (facts.mag === undefined || depth === undefined) {
    return told('unclear', 'no catalogued star stands there, and without a zero point its depth is not known', depth);
  }
  if (facts.mag > depth - depthMarginMag) {
    const words = `no catalogued star, but the catalogue ends at ${facts.band} ${depth.toFixed(1)}, and this is ${facts.mag.toFixed(2)}`;
    return told('unclear', words, depth);
  }
  const beside = nearest ? `, the nearest catalogued star is ${distanceWords(nearest)}` : ', no catalogued star near';
  return told(
    'new source',
    `${facts.band} ${facts.mag.toFixed(2)} at ${significance.toFixed(1)} sigma${beside}`,
    depth,
  );
}

function describe(star: NearStar, facts: CounterpartFacts): CounterpartStar {
  const { separationArcsec, mag, magErr, isVariable } = star;
  // Two axes of one error: the distance of two places that are the same is Rayleigh-distributed with this sigma.
  const sigma = Math.hypot(facts.placeSigmaArcsec, catalogueSigmaArcsec);
  const difference = facts.mag === undefined || Number.isNaN(mag) ? undefined : facts.mag - mag;
  const differenceErr = Math.hypot(facts.magErr ?? 0, magErr || 0, systemSigmaMag);
  const radius = Math.max(separationArcsec, sigma);
  return {
    ...{ separationArcsec, separationSigma: separationArcsec / sigma, mag, magErr, isVariable },
    magDifference: difference,
    differenceSigma: difference === undefined ? undefined : difference / differenceErr,
    chance: 1 - Math.exp(-Math.PI * radius ** 2 * facts.density(mag)),
  };
}

function nothingWords({ limit, band, significance }: CounterpartFacts, star: CounterpartStar | undefined): string {
  const down = limit === undefined ? '' : ` down to ${band} ${limit.toFixed(2)}`;
  const nothing = `nothing${down} (${significance.toFixed(1)} sigma)`;
  const isMissed = star && star.separationSigma <= matchSigma && limit !== undefined && star.mag < limit - changedMag;
  return isMissed ? `${nothing}, where the catalogue has a star of ${band} ${star.mag.toFixed(2)}` : nothing;
}

function starWords(facts: CounterpartFacts, star: CounterpartStar, isVariable: boolean): string {
  const { magDifference, differenceSigma } = star;
  const head = `the ${isVariable ? 'variable ' : ''}star ${starName(facts, star)} ${distanceWords(star)}`;
  if (magDifference === undefined || differenceSigma === undefined) return head;
  if (Math.abs(differenceSigma) < changedSigma || Math.abs(magDifference) < changedMag)
    return `${head}, as bright as ever`;
  const how = magDifference < 0 ? 'brighter' : 'fainter';
  const by = `${Math.abs(magDifference).toFixed(2)} mag ${how} than catalogued (${Math.abs(differenceSigma).toFixed(0)} sigma)`;
  return `${head}, ${by}`;
}

function starName({ band }: CounterpartFacts, { mag }: CounterpartStar): string {
  return Number.isNaN(mag) || band === undefined ? 'of unknown magnitude' : `of ${band} ${mag.toFixed(2)}`;
}

function distanceWords({ separationArcsec, separationSigma }: CounterpartStar): string {
  return `${separationArcsec.toFixed(2)}" (${separationSigma.toFixed(1)} sigma) away`;
}

function archiveWords({ archive, band }: CounterpartFacts): string[] {
  if (!archive || archive.nPoints === 0) return [];
  const { last, nDetections } = archive;
  if (!last) return [`the archive has ${nDetections} detections, none in ${band ?? 'this band'} before`];
  const change = archive.magDifference === undefined ? '' : `, a change of ${archive.magDifference.toFixed(2)} mag`;
  return [
    `the archive has ${nDetections} detections, the last ${last.mag.toFixed(2)} ${last.daysAgo.toFixed(1)} d before${change}`,
  ];
}
