import { readFileSync } from 'node:fs';
import { TellOperator } from '../../base/errors.ts';
import type { DestinationConfig } from '../../config/schema.ts';

/** Gives the token of an account; read anew each time, so that a mended file works without a restart. */
export type TokenSource = () => string;

/** The source of a destination's token. It throws TellOperator when the token is not to be had. */
export function tokenSource({
  id,
  tokenFile,
  tokenEnv,
}: Pick<DestinationConfig, 'id' | 'tokenFile' | 'tokenEnv'>): TokenSource {
  return () => {
    const token = tokenFile === undefined ? process.env[tokenEnv ?? ''] : readTokenFile(id, tokenFile);
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token.trim())) return token.trim();
    throw new TellOperator(
      'NO_TOKEN',
      `The token of destination "${id}" is missing: ${tokenFile ?? `environment variable ${tokenEnv}`} should hold one word.`,
    );
  };
}

function readTokenFile(id: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TellOperator('NO_TOKEN', `The token of destination "${id}" cannot be read from ${path}.`, { cause });
  }
}
