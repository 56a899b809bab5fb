import type { Linearity } from '../pipeline/calibration/linearity.ts';
import type { HeaderOverrides } from '../pipeline/header/dialect.ts';
import type { CameraConfig, InstrumentConfig } from './schema.ts';

// What the configuration states of an instrument, as the pipeline takes it.

/** The linearity of a camera. */
export function linearityOf({ linearity }: CameraConfig): Linearity | undefined {
  return linearity && { ...linearity, from: 'configuration' };
}

/** How headers are to be read. */
export function headerOverridesOf(header: InstrumentConfig['header']): HeaderOverrides {
  // What zod leaves undefined the pipeline wants absent; JSON has no undefined.
  return JSON.parse(JSON.stringify(header)) as HeaderOverrides;
}
