import type { Bhtom2DestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { openAccount } from './account.ts';
import { bhtom2Delivery } from './delivery.ts';
import { cameraObstacles } from './observatories.ts';
import { bhtom2Targets } from './target-source.ts';

/** BHTOM takes instrumental photometry, tells its targets and what its archive has of them. */
export function openCentre(destination: Bhtom2DestinationConfig, { http, clock, instruments }: CentreContext): Centre {
  const { id, uploadUrl, uploads, everyS, dryRun, observers, matchRadiusArcsec, plots } = destination;
  const { targets, minImportance } = destination;
  const account = openAccount(destination, http);
  const onames = instruments.flatMap(({ oname }) => oname ?? []);
  const delivery = () =>
    bhtom2Delivery({
      ...{ account, server: { uploadUrl }, everyS, http, clock },
      uploads: { type: uploads, dryRun, observers, matchRadiusArcsec, plots },
      onameOf: (instrument) => instruments.find((one) => one.id === instrument)?.oname,
    });
  return {
    destination: id,
    ...(destination.delivery && {
      delivery: delivery(),
      obstacles: (signal) => cameraObstacles(account, onames, http, signal),
    }),
    ...(targets && { targets: bhtom2Targets(account, minImportance, http) }),
  };
}
