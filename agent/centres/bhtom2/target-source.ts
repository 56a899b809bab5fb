import type { HttpClient } from '../http.ts';
import type { TargetSource } from '../target-source.ts';
import type { Bhtom2Account } from './account.ts';
import { fetchLightCurve } from './light-curve.ts';
import { fetchTargetList } from './target-list.ts';

/** BHTOM's targets and its archive of their light curves. */
export function bhtom2Targets(account: Bhtom2Account, minImportance: number, http: HttpClient): TargetSource {
  return {
    destination: account.destination,
    targets: (signal) => fetchTargetList(account, minImportance, http, signal),
    archive: (name, signal) => fetchLightCurve(account, name, http, signal),
  };
}
