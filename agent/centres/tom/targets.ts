import { z } from 'zod';
import { Parked } from '../../../base/errors.ts';
import { filters } from '../../../config/filters.ts';
import type { ArchivePoint } from '../../../pipeline/targets/archive.ts';
import type { HttpClient } from '../http.ts';
import type { ArchiveLightCurve, NetworkTarget, TargetSource } from '../target-source.ts';
import type { TomAccount } from './account.ts';
import { bandOf, type ListedDatum, listedDatum } from './datum.ts';
import { listItems, notUnderstood } from './pages.ts';

const named = z.object({
  id: z.number().int(),
  name: z.string(),
  aliases: z.array(z.object({ name: z.string() })).catch([]),
});

const sidereal = z.object({
  name: z.string().trim().min(1).max(200),
  type: z.literal('SIDEREAL'),
  ra: z.number().min(0).max(360),
  dec: z.number().min(-90).max(90),
});

/** The targets of a TOM that have a fixed place, and the photometry that it holds of each. */
export function tomTargets(account: TomAccount, http: HttpClient): TargetSource {
  return {
    destination: account.destination,
    async targets(signal) {
      const targets: NetworkTarget[] = [];
      let nItems = 0;
      for await (const item of listItems(account, 'targets', {}, http, signal)) {
        nItems++;
        const { success, data } = sidereal.safeParse(item);
        if (success) targets.push({ name: data.name, raDeg: data.ra % 360, decDeg: data.dec });
      }
      if (nItems > 0 && targets.length === 0) throw notUnderstood(account, 'none of its targets has a position');
      return targets;
    },
    archive: (name, signal) => fetchPhotometry(account, name, http, signal),
  };
}

/** What a TOM holds of a target, whoever measured it; undefined where it shows this account no such target. */
async function fetchPhotometry(
  account: TomAccount,
  name: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<ArchiveLightCurve | undefined> {
  const target = await findTarget(account, name, http, signal);
  if (target === undefined) return undefined;
  const points: ArchivePoint[] = [];
  const query = { target__id: String(target), data_type: 'photometry' };
  for await (const item of listItems(account, 'reduceddatums', query, http, signal)) {
    const { success, data } = listedDatum.safeParse(item);
    const point = success && data.target === target && data.data_type === 'photometry' && archivePoint(data);
    if (point) points.push(point);
  }
  return { points: points.sort((a, b) => a.mjd - b.mjd), acknowledgement: undefined };
}

/** A detection may lack its error. */
const unknownErrorMag = 0.1;

/** A datum as a point; undefined for one whose numbers mean nothing: older TOMs take any. */
function archivePoint(datum: ListedDatum): ArchivePoint | undefined {
  const { magnitude, brightness, error, brightness_error, magnitude_error, limit } = datum.value;
  const seen = magnitude ?? brightness;
  const magErr = error ?? brightness_error ?? magnitude_error ?? unknownErrorMag;
  const point = {
    mjd: Date.parse(datum.timestamp) / 86_400_000 + 40_587,
    mag: seen ?? limit ?? Number.NaN,
    magErr: seen == null ? Number.NaN : magErr > 0 ? magErr : unknownErrorMag,
    band: archiveBand(bandOf(datum) ?? ''),
  };
  return point.mjd > 15_000 && point.mag > -30 && point.mag < 40 ? point : undefined;
}

/**
 * The number of a target at a TOM, by its name or one of its other names there.
 * @throws RetryLater, TellOperator; Parked where the TOM, or this account, knows no such target
 */
export async function targetId(
  account: TomAccount,
  name: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<number> {
  const found = await findTarget(account, name, http, signal);
  if (found !== undefined) return found;
  throw new Parked(
    'TOM_TARGET',
    `The TOM ${account.url} shows this account no target "${name}". Create it there, or give it the name it has there, and send the parcel again.`,
  );
}

async function findTarget(
  account: TomAccount,
  name: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<number | undefined> {
  let byAlias: number | undefined;
  // Some versions match parts of names and others a whole one; capitals matter to neither.
  for await (const item of listItems(account, 'targets', { name }, http, signal)) {
    const { success, data } = named.safeParse(item);
    if (!success) continue;
    if (isSame(data.name, name)) return data.id;
    if (data.aliases.some((alias) => isSame(alias.name, name))) byAlias = data.id;
  }
  return byAlias;
}

/** Our bands by the names that they are sent under; those of others keep theirs. */
const archiveBand = (name: string): string => filters.bands.find(({ catalogue }) => catalogue === name)?.name ?? name;

const isSame = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
