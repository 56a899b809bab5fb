import { indiConformance } from '../../support/indi-conformance.ts';

indiConformance({ dome: 'Dome Simulator' }, ['dome']);
