import { readFileSync } from 'node:fs';
import { TellOperator } from '../../base/errors.ts';

/** Where a secret of a channel stands: never in the configuration itself. */
interface SecretPlace {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
}

/**
 * The secret of a channel, read anew at each call so that a mended file works without a restart.
 * @throws TellOperator when it is not to be had
 */
export function secretOf(channel: string, what: string, { file, env }: SecretPlace): string {
  let secret: string | undefined;
  try {
    secret = file === undefined ? process.env[env ?? ''] : readFileSync(file, 'utf8');
  } catch (cause) {
    const words = `The ${what} of notice channel "${channel}" cannot be read from ${file}.`;
    throw new TellOperator('NO_SECRET', words, { cause });
  }
  if (secret?.trim()) return secret.trim();
  const place = file ?? `environment variable ${env}`;
  throw new TellOperator('NO_SECRET', `The ${what} of notice channel "${channel}" is missing: ${place} is empty.`);
}
