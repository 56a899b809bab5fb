import type { CatalogueServiceConfig } from './schema.ts';

/**
 * Where Gaia DR3 can be got, best first. ESA's archive and AIP's hold synthetic photometry beside it; CDS has both as
 * VizieR's tables, by TAP and by VizieR's own interface, whose mirror at Harvard stands for the others; ARI is a mirror
 * of the main table alone.
 */
export const gaiaServices: readonly CatalogueServiceConfig[] = [
  {
    id: 'esa',
    kind: 'tap',
    url: 'https://gea.esac.esa.int/tap-server/tap',
    format: 'votable_plain',
    tables: 'archive',
  },
  { id: 'aip', kind: 'tap', url: 'https://gaia.aip.de/tap', format: 'votable', tables: 'archive' },
  {
    id: 'cds-tap',
    kind: 'tap',
    url: 'https://tapvizier.cds.unistra.fr/TAPVizieR/tap',
    format: 'votable/td',
    tables: 'vizier',
  },
  { id: 'cds', kind: 'vizier', url: 'https://vizier.cds.unistra.fr' },
  { id: 'cfa', kind: 'vizier', url: 'https://vizier.cfa.harvard.edu' },
  {
    id: 'ari',
    kind: 'tap',
    url: 'https://gaia.ari.uni-heidelberg.de/tap',
    format: 'votable/td',
    tables: 'archive without synthetic photometry',
  },
];
