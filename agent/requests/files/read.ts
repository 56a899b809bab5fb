import { extname } from 'node:path';
import { parse } from 'yaml';
import { describeError, TellOperator } from '../../../base/errors.ts';
import type { ObservingRequest } from '../../../protocol/request.ts';
import { rowsOfCsv } from './csv.ts';
import { type Draft, type DraftDefaults, requestsOf } from './draft.ts';
import { draftsOfBlocks, hasBlocks } from './observing-block.ts';

/**
 * The requests of a file: YAML or JSON (a request, or a list of them, alone or under `requests`), CSV with the names in
 * its first row, or a mail with observing blocks. All of them, or none:
 * @throws TellOperator with everything that is wrong, by the number and name of the request
 */
export function readRequests(
  text: string,
  fileName: string,
  defaults: DraftDefaults,
  nowMs: number,
): ObservingRequest[] {
  const drafts = draftsOf(text, fileName);
  if (drafts.length === 0) throw unusable(fileName, ['there is no request in it']);
  const drafted = drafts.map((draft) => requestsOf(draft, defaults, nowMs));
  const faults = drafted.flatMap((one, k) =>
    'faults' in one ? one.faults.map((fault) => `request ${k + 1}${nameOf(drafts[k]!)}: ${fault}`) : [],
  );
  if (faults.length > 0) throw unusable(fileName, faults);
  return drafted.flatMap((one) => ('requests' in one ? one.requests : []));
}

function draftsOf(text: string, fileName: string): Draft[] {
  if (hasBlocks(text)) return draftsOfBlocks(text);
  if (extname(fileName).toLowerCase() === '.csv') return rowsOfCsv(text);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 50 });
  } catch (error) {
    throw unusable(fileName, [
      `it is neither YAML, JSON, CSV nor a mail with an observing block: ${describeError(error).split('\n')[0]}`,
    ]);
  }
  const list = isRecord(value) && 'requests' in value ? value.requests : value;
  const drafts: unknown[] = Array.isArray(list) ? list : [list];
  return drafts.filter((draft) => draft !== null && draft !== undefined).map((draft) => (isRecord(draft) ? draft : {}));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf({ name }: Draft): string {
  return typeof name === 'string' && name !== '' ? ` (${name})` : '';
}

function unusable(fileName: string, faults: readonly string[]): TellOperator {
  return new TellOperator(
    'REQUEST_FILE',
    `${fileName} cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
  );
}
