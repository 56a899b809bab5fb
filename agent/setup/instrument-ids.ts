import type { CameraEvidence } from './evidence.ts';

/** A name for each camera as the configuration wants it: `main` for a single one, else made of what headers call it. */
export function instrumentIds(cameras: readonly CameraEvidence[]): string[] {
  if (cameras.length === 1) return ['main'];
  const taken = new Set<string>();
  return cameras.map(({ camera }, at) => {
    const plain = camera
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 30);
    const id = plain === '' || taken.has(plain) ? `camera-${at + 1}` : plain;
    taken.add(id);
    return id;
  });
}
