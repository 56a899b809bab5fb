import type { DestinationConfig } from '../../config/schema.ts';
import type { Centre, CentreContext } from './contract.ts';

type Kind = DestinationConfig['kind'];
type Opener<K extends Kind> = (destination: Extract<DestinationConfig, { kind: K }>, context: CentreContext) => Centre;

/** Every kind of centre there is: the one place that knows them. Its code is loaded only where it is configured. */
const kinds: { readonly [K in Kind]: () => Promise<{ readonly openCentre: Opener<K> }> } = {
  hub: () => import('./hub/centre.ts'),
  bhtom2: () => import('./bhtom2/centre.ts'),
  ocs: () => import('./ocs/centre.ts'),
  folder: () => import('./folder/centre.ts'),
  tom: () => import('./tom/centre.ts'),
};

/** The centres of a configuration, in its order. Nothing is asked of them yet. */
export function openCentres(destinations: readonly DestinationConfig[], context: CentreContext): Promise<Centre[]> {
  return Promise.all(destinations.map((destination) => openCentre(destination, context)));
}

async function openCentre<K extends Kind>(
  destination: Extract<DestinationConfig, { kind: K }>,
  context: CentreContext,
): Promise<Centre> {
  const { openCentre: open } = await kinds[destination.kind as K]();
  return open(destination, context);
}
