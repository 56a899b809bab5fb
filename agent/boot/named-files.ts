import { access, constants } from 'node:fs/promises';
import { TellOperator } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { requireSecret } from '../centres/token.ts';
import { well } from '../health/health.ts';
import type { Part } from '../part.ts';

/**
 * Looks, at start, whether what the configuration names and nothing can replace is there: the secrets of the centres and
 * the catalogue file. A name that is misspelt is told at once and not by a night of frames.
 */
export function namedFiles({ destinations, catalogue }: Pick<Config, 'destinations' | 'catalogue'>): Part {
  return {
    name: 'files of the configuration',
    async start() {
      for (const destination of destinations) requireSecret(destination);
      if (catalogue.file !== undefined) await requireCatalogue(catalogue.file);
    },
    stop() {},
    health: () => well,
  };
}

async function requireCatalogue(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new TellOperator(
      'NO_CATALOGUE',
      `The reference stars in ${path} (catalogue.file) cannot be read, and no frame could be measured against them. Correct the name, or leave the key out to use the site's own stars.`,
      { cause },
    );
  }
}
