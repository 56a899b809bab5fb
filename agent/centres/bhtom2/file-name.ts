import { createHash } from 'node:crypto';

/** What an upload is of; `key` stands for destination, exposure, plane and target, `revision` for the reduction. */
export interface UploadIdentity {
  readonly key: string;
  readonly revision: string;
  readonly target: string;
}

const longestName = 32;

/**
 * The name of an upload's file without its extension: the same for every try, another for every other upload, so that
 * a look-up by it finds this upload alone. Letters, digits and underscores are what the server leaves as they are.
 */
export function fileStem({ key, revision, target }: UploadIdentity): string {
  const readable = target
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, longestName);
  return `${readable === '' ? 'target' : readable}_${digestOf(key, revision).slice(0, 24)}`;
}

/** The 32 hexadecimal digits by which BHTOM's operators find a request in their logs. */
export const correlationId = ({ key, revision }: UploadIdentity): string => digestOf(key, revision).slice(32);

const digestOf = (key: string, revision: string): string =>
  createHash('sha256')
    .update(JSON.stringify([key, revision]))
    .digest('hex');
