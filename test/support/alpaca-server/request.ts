import type { IncomingMessage } from 'node:http';
import type { Given, Kind, Needs } from './members.ts';

/** A request that is not understood: HTTP 400, in plain text. */
export class BadRequest extends Error {}

export interface AlpacaRequest {
  readonly method: string;
  readonly path: string;
  readonly clientTransaction: number;
  readonly accept: string;
  given(needs: Needs): Given;
}

/**
 * Reads a request as the specification has it: names of a query in any case, those of a form exactly; more parameters
 * than needed in any order; ClientID and ClientTransactionID, where they are given, whole numbers of 32 bits.
 * @throws BadRequest
 */
export async function readRequest(incoming: IncomingMessage): Promise<AlpacaRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://server');
  const method = incoming.method ?? '';
  const isForm = method === 'PUT';
  const parameters = isForm ? new URLSearchParams(await bodyOf(incoming)) : lowerCased(searchParams);
  const textOf = (name: string) => parameters.get(isForm ? name : name.toLowerCase());
  const id = (name: string) => {
    const value = textOf(name);
    if (value !== null && (!/^\d+$/.test(value) || Number(value) > 0xffff_ffff))
      throw new BadRequest(`${name} is no unsigned number of 32 bits`);
    return Number(value ?? 0);
  };
  id('ClientID');
  return {
    method,
    path: pathname,
    clientTransaction: id('ClientTransactionID'),
    accept: incoming.headers.accept ?? '',
    given(needs) {
      const values = new Map(Object.entries(needs).map(([name, kind]) => [name, parsed(name, kind, textOf(name))]));
      return {
        number: (name) => values.get(name) as number,
        flag: (name) => values.get(name) as boolean,
        text: (name) => values.get(name) as string,
      };
    },
  };
}

function parsed(name: string, kind: Kind, value: string | null): number | boolean | string {
  if (value === null) throw new BadRequest(`the parameter ${name} is missing`);
  if (kind === 'text') return value;
  if (kind === 'boolean') {
    if (!/^(true|false)$/i.test(value)) throw new BadRequest(`${name} is neither True nor False`);
    return value.toLowerCase() === 'true';
  }
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number) || (kind === 'integer' && !Number.isInteger(number)))
    throw new BadRequest(`${name} is no ${kind}`);
  return number;
}

function lowerCased(parameters: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...parameters].map(([name, value]): [string, string] => [name.toLowerCase(), value]));
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
