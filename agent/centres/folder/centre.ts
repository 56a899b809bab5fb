import { EdgeError } from '../../../base/errors.ts';
import type { FolderDestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { FolderCalls } from './calls.ts';
import { folderDelivery } from './delivery.ts';
import { diskFiles } from './files.ts';

/** A folder takes what is measured of targets, as files; it may lie on a network share. */
export function openCentre(
  destination: FolderDestinationConfig,
  { clock }: Pick<CentreContext, 'clock'>,
  files = diskFiles,
): Centre {
  const { id, folder } = destination;
  return {
    destination: id,
    delivery: folderDelivery({ destination, files, clock }),
    async obstacles(signal) {
      try {
        await new FolderCalls(folder, clock).do(() => files.check(folder), signal);
        return [];
      } catch (error) {
        if (error instanceof EdgeError && error.reaction === 'tell-operator') return [error.message];
        throw error;
      }
    },
  };
}
