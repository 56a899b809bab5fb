import type { Fact, FrameFacts } from '../header/facts.ts';
import { type KnownCamera, lookUpCamera } from './camera.ts';

/** What is known of a detector at one setting, each value with where it came from. */
export interface DetectorFacts {
  readonly gainEPerAdu: Fact<number> | undefined;
  readonly readNoiseE: Fact<number> | undefined;
  /** Raw ADU (as stored in the file, bias included) at and above which a pixel is saturated. */
  readonly saturationAdu: Fact<number> | undefined;
}

/** What stands as the card of values from photon transfer on the site's own frames. */
export const photonTransferCard = 'photon transfer';

/** Detector knowledge by where it may come from. */
export interface DetectorSources {
  readonly configured?: Partial<Record<keyof DetectorFacts, number>>;
  /** From photon transfer on this site's own frames. */
  readonly measured?: Partial<Record<keyof DetectorFacts, number>>;
  readonly header: Pick<FrameFacts, keyof DetectorFacts> &
    Partial<Pick<FrameFacts, 'gainBeforeShift' | 'camera' | 'gainSetting' | 'binning'>>;
  /** Step between neighbouring codes in the pixels (see `findCodeStep`). */
  readonly codeStep?: number | undefined;
  /** The registry of known cameras. */
  readonly cameras?: readonly KnownCamera[];
}

/**
 * Chooses each value by how it can be trusted: configuration, then measurement, then a header whose program is known to tell
 * the truth, then the registry of cameras, then any header. Undefined when nothing tells.
 */
export function resolveDetector(sources: DetectorSources): DetectorFacts {
  const { camera, gainSetting, binning } = sources.header;
  const registry = lookUpCamera(sources.cameras ?? [], { camera, gainSetting, binning }, sources.codeStep);
  const choose = (quantity: keyof DetectorFacts): Fact<number> | undefined => {
    const from = (value: number | undefined, card: string, confidence: Fact<number>['confidence']) =>
      value === undefined ? undefined : { value, card, confidence };
    const header = quantity === 'gainEPerAdu' ? headerGain(sources) : sources.header[quantity];
    return (
      from(sources.configured?.[quantity], 'configuration', 'high') ??
      from(sources.measured?.[quantity], photonTransferCard, 'high') ??
      (header?.confidence === 'high' ? header : undefined) ??
      from(registry[quantity], 'camera registry', 'medium') ??
      header
    );
  };
  return {
    gainEPerAdu: choose('gainEPerAdu'),
    readNoiseE: choose('readNoiseE'),
    saturationAdu: choose('saturationAdu'),
  };
}

/** The header's gain in ADU of the file: some programs state it for the converter's own steps. */
function headerGain({ header, codeStep }: DetectorSources): Fact<number> | undefined {
  const gain = header.gainEPerAdu;
  if (!gain || !header.gainBeforeShift || codeStep === undefined || codeStep <= 1) return gain;
  return { ...gain, value: gain.value / codeStep, card: `${gain.card} / ${codeStep}` };
}
