import { gaiaServices } from '../../../config/catalogue-services.ts';
import type { CatalogueServiceConfig } from '../../../config/schema.ts';
import type { StarService } from './cone.ts';
import { gaiaTap } from './gaia-tap.ts';
import { gaiaVizier } from './gaia-vizier.ts';
import type { TapTools } from './tap.ts';

/** The services that the configuration names, in its order; the known ones when it names none. */
export function starServices(
  configured: readonly CatalogueServiceConfig[] | undefined,
  tools: TapTools,
): StarService[] {
  return (configured ?? gaiaServices).map((service) => {
    const url = service.url.replace(/\/+$/, '');
    return service.kind === 'tap' ? gaiaTap({ ...service, url }, tools) : gaiaVizier({ ...service, url }, tools.http);
  });
}
