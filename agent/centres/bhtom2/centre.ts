import type { Bhtom2DestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { tokenSource } from '../token.ts';
import { bhtom2Targets } from './target-source.ts';

/** BHTOM tells its targets and what its archive has of them. */
export function openCentre(destination: Bhtom2DestinationConfig, { http }: CentreContext): Centre {
  const { id, url, targets, minImportance } = destination;
  const account = { destination: id, url, token: tokenSource(destination) };
  return {
    destination: id,
    ...(targets && { targets: bhtom2Targets(account, minImportance, http) }),
  };
}
