import { z } from 'zod';
import { TellOperator } from '../../../base/errors.ts';
import { type HttpClient, parseJson } from '../http.ts';
import { type Bhtom2Account, notUnderstood } from './account.ts';
import { callBhtom2 } from './client.ts';

const camera = z.looseObject({ id: z.number(), prefix: z.string().nullable(), active_flg: z.boolean().nullish() });
const observatories = z.object({ data: z.array(z.looseObject({ cameras: z.array(camera).catch([]) })) });
const favourites = z.object({ data: z.array(z.looseObject({ camera: z.union([z.number(), z.string()]) })) });

/**
 * What stands in the way of uploads by these cameras (ONAME), in plain words with the remedy; empty when nothing does.
 * The list of favourites holds everybody's: a camera that is missing there is missed for sure, one that is there may
 * be another user's.
 * @throws RetryLater, TellOperator
 */
export async function cameraObstacles(
  account: Bhtom2Account,
  onames: readonly string[],
  http: HttpClient,
  signal: AbortSignal,
): Promise<string[]> {
  // Every page of the list is the whole list.
  const all = await listOf(observatories, '/observatory/getObservatoryList/');
  const cameras = all.flatMap((one) => one.cameras);
  const favourite = (await listOf(favourites, '/observatory/getFavouriteObservatory/')).map((one) =>
    String(one.camera),
  );
  return onames.flatMap((oname) => {
    const own = cameras.find(({ prefix }) => prefix === oname);
    if (!own) {
      return `BHTOM has no camera "${oname}": oname must be its "ONAME" there, letter by letter; a new camera is registered on BHTOM's page of observatories.`;
    }
    if (own.active_flg !== true) {
      return `Camera "${oname}" is not active at BHTOM yet: its administrators activate it after it was registered; ask them.`;
    }
    if (!favourite.includes(String(own.id)) && !favourite.includes(oname)) {
      return `Camera "${oname}" is not among the favourites of this account: add it on BHTOM's page of observatories.`;
    }
    return [];
  });

  async function listOf<T>(schema: z.ZodType<{ data: T[] }>, path: `/${string}/`): Promise<T[]> {
    const { status, body } = await callBhtom2(account, path, { page: 1 }, http, signal);
    const found = schema.safeParse(parseJson(body));
    if (status !== 200 || !found.success) throw notUnderstood(account.url, `no list of cameras (HTTP ${status})`);
    return found.data.data;
  }
}

/**
 * Adds a camera to the favourites of an account; one that is there stays. For a person to ask for.
 * @throws RetryLater, TellOperator
 */
export async function addFavourite(
  account: Bhtom2Account,
  oname: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<void> {
  const answer = await callBhtom2(account, '/observatory/addFavouriteObservatory/', { oname }, http, signal);
  if (answer.status === 200 || answer.status === 201 || /already exist/i.test(answer.body)) return;
  if (answer.status >= 500) throw notUnderstood(account.url, `the camera was not added (HTTP ${answer.status})`);
  throw new TellOperator(
    'BHTOM_FAVOURITE',
    `BHTOM does not add camera "${oname}" to the favourites (HTTP ${answer.status}): ${answer.body.slice(0, 200)}`,
  );
}
