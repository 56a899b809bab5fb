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
}: Pick<Extract<DestinationConfig, { readonly url: string }>, 'id' | 'tokenFile' | 'tokenEnv'>): TokenSource {
  return () => {
    const token = tokenFile === undefined ? process.env[tokenEnv ?? ''] : readSecret('token', id, tokenFile);
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token.trim())) return token.trim();
    throw new TellOperator(
      'NO_TOKEN',
      `The token of destination "${id}" is missing: ${tokenFile ?? `environment variable ${tokenEnv}`} should hold one word.`,
    );
  };
}

/** The source of a destination's password; the last line end of the file is none of it. It throws as a TokenSource does. */
export function passwordSource(id: string, path: string): () => string {
  return () => {
    const password = readSecret('password', id, path).replace(/\r?\n$/, '');
    if (password !== '') return password;
    throw new TellOperator('NO_PASSWORD', `The password of destination "${id}" is missing: ${path} is empty.`);
  };
}

/** Throws TellOperator when what a destination's account needs is not to be had on this computer. */
export function requireSecret(destination: DestinationConfig): void {
  if ('folder' in destination) return;
  if ('passwordFile' in destination && destination.passwordFile !== undefined) {
    passwordSource(destination.id, destination.passwordFile)();
  } else tokenSource(destination)();
}

function readSecret(what: 'token' | 'password', id: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = what === 'token' ? 'NO_TOKEN' : 'NO_PASSWORD';
    throw new TellOperator(code, `The ${what} of destination "${id}" cannot be read from ${path}.`, { cause });
  }
}
