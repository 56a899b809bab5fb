import { indiConformance } from '../../support/indi-conformance.ts';

// Without the rotator: the simulated one takes a sync and shows nothing of it.
indiConformance(
  {
    mount: 'Telescope Simulator',
    camera: 'CCD Simulator',
    filterWheel: 'Filter Simulator',
    focuser: 'Focuser Simulator',
    flatPanel: 'Light Panel Simulator',
  },
  ['telescope', 'ccd', 'wheel', 'focus', 'lightpanel'],
);
