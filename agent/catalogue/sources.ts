import type { StarSource } from '../store/star-tiles.ts';

/** Gaia DR3 with its synthetic photometry, from whichever service. */
export const gaiaSource: StarSource = {
  id: 'gaia-dr3',
  title: 'Gaia DR3 with synthetic photometry (GSPC)',
  licence: 'CC BY-SA 3.0 IGO',
  credit:
    'This work has made use of data from the European Space Agency (ESA) mission Gaia ' +
    '(https://www.cosmos.esa.int/gaia), processed by the Gaia Data Processing and Analysis Consortium (DPAC).',
};

/** Tycho-2 as the index files of astrometry.net hold it. */
export const tychoSource: StarSource = {
  id: 'tycho-2',
  title: 'Tycho-2 (astrometry.net index)',
  licence: 'BSD-like, granted by E. Hog',
  credit: 'The Tycho-2 Catalogue, Hog et al. 2000, A&A 355, L27.',
};
