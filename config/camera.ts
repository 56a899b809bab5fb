import type { Linearity } from '../pipeline/calibration/linearity.ts';
import type { CameraConfig } from './schema.ts';

/** The linearity that the configuration states for a camera. */
export function linearityOf({ linearity }: CameraConfig): Linearity | undefined {
  return linearity && { ...linearity, from: 'configuration' };
}
