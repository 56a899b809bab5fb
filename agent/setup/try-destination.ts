import { resolve } from 'node:path';
import pino from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { destinationSchema } from '../../config/sections/destinations.ts';
import { httpClient } from '../centres/http.ts';
import { openCentres } from '../centres/registry.ts';
import { centreFindings } from '../doctor/centres.ts';

/** A destination as far as it is answered. */
export type AnsweredDestination =
  | { readonly kind: 'hub'; readonly url: string; readonly tokenFile: string }
  | { readonly kind: 'bhtom2'; readonly tokenFile: string; readonly oname?: string };

const limits = { silenceMs: 10_000, wholeMs: 30_000, largestBytes: 16 * 2 ** 20 };

/** Why a destination refuses what was answered, asked for real; undefined where it does not, or cannot be reached now. */
export type TryDestination = (answered: AnsweredDestination) => Promise<string | undefined>;

/** Files are named from `folder`. */
export function destinationTrier(folder: string, software: string, clock: Clock, random: Random): TryDestination {
  return async (answered) => {
    const { kind, tokenFile } = answered;
    const file = resolve(folder, tokenFile);
    const destination = destinationSchema.parse(
      kind === 'hub' ? { id: 'hub', kind, url: answered.url, tokenFile: file } : { id: 'bhtom', kind, tokenFile: file },
    );
    const oname = kind === 'bhtom2' ? (answered.oname ?? null) : null;
    const [centre] = await openCentres([destination], {
      ...{ site: 'site', instruments: [{ id: 'main', oname, robotic: false, filters: [] }], software, clock, random },
      ...{ log: pino({ level: 'silent' }), http: httpClient(software, clock, limits) },
    });
    const findings = await centreFindings([{ destination, centre: centre! }]);
    return findings.find(({ state }) => state === 'wrong')?.words;
  };
}
