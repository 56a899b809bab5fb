import { EdgeError } from '../../base/errors.ts';
import type { DestinationConfig } from '../../config/schema.ts';
import type { Centre } from '../centres/contract.ts';
import { requireSecret } from '../centres/token.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';

/** A centre of a configuration with what it was opened from. */
export interface OpenedDestination {
  readonly destination: DestinationConfig;
  readonly centre: Centre;
}

const patienceMs = 60_000;

/** Whether each centre's token is there and what the centre answers to it. Only asks: nothing is changed anywhere. */
export async function centreFindings(opened: readonly OpenedDestination[]): Promise<Finding[]> {
  if (opened.length === 0)
    return [
      doubtful(
        'destination',
        '',
        'there is none: nothing that is measured is sent anywhere',
        'Name a hub or BHTOM under `destinations`.',
      ),
    ];
  return (await Promise.all(opened.map(findingsOf))).flat();
}

async function findingsOf({ destination, centre }: OpenedDestination): Promise<Finding[]> {
  const { id } = destination;
  const signal = AbortSignal.timeout(patienceMs);
  try {
    requireSecret(destination);
    const targets = await centre.targets?.targets(signal);
    const obstacles = (await centre.obstacles?.(signal)) ?? [];
    const answer = targets
      ? `it takes the token and tells ${targets.length} targets`
      : 'folder' in destination
        ? 'files can be written there'
        : centre.obstacles
          ? 'it takes the token'
          : 'the token is there; there is nothing that it could be asked';
    return [
      well('destination', id, answer),
      ...obstacles.map((words) => wrong('destination', id, words, 'Uploads are refused until this is done.')),
    ];
  } catch (error) {
    if (signal.aborted)
      return [doubtful('destination', id, `no answer in ${patienceMs / 1000} s`, 'Look again later.')];
    if (!(error instanceof EdgeError) || error.reaction === 'programming-fault') throw error;
    if (error.reaction === 'tell-operator')
      return [wrong('destination', id, error.message, 'Correct it and look again.')];
    return [
      doubtful(
        'destination',
        id,
        error.message,
        'Look at the network and the address; what is measured waits until it is there.',
      ),
    ];
  }
}
