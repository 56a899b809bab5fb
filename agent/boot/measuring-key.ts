import { createHash } from 'node:crypto';
import type { Config } from '../../config/schema.ts';

/**
 * Hash of the configuration that decides whether a frame can be taken in and measured: frames that were given up under
 * another one are tried again. What has no part in that (who takes the products, the telescope, the log) is left out.
 */
export function measuringKey({
  site,
  instruments,
  catalogue,
  solving,
  calibration,
  reduction,
  intake,
}: Config): string {
  const cameras = instruments.map(({ id, camera, header, filters }) => ({ id, camera, header, filters }));
  const parts = { site, cameras, catalogue, solving, calibration, reduction, intake };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
