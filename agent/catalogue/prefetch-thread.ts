import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { httpClient } from '../centres/http.ts';
import { openStarTiles } from '../store/star-tiles.ts';
import type { PrefetchSettings, PrefetchWord } from './prefetch.ts';
import { PrefetchLoop } from './prefetch-loop.ts';
import { starServices } from './services/services.ts';

// The thread behind `prefetch.ts`: queries, answers of many megabytes, and the tiles that come of them.
const port = parentPort!;
const { dataDir, catalogue, software } = workerData as PrefetchSettings;
const tell = (word: PrefetchWord) => port.postMessage(word);

const clock = systemClock;
const { tiles: store, setAside } = openStarTiles(dataDir, clock);
if (setAside !== undefined) tell({ level: 'warn', about: { reason: `damaged stars were set aside as ${setAside}` } });
const loop = new PrefetchLoop({
  store,
  services: starServices(catalogue.services, { http: httpClient(software, clock), clock }),
  clock,
  random: new Random(crypto.getRandomValues(new Uint32Array(1))[0]!),
  radiusDeg: catalogue.radiusDeg,
  depthMag: catalogue.depthMag,
  onTile: ({ tile, nStars }, service) => tell({ level: 'info', about: { tile, stars: nStars, service } }),
  onFailure: (service, error) => tell({ level: 'warn', about: { reason: `${service}: ${error.message}` } }),
  onNews: () => tell({ level: 'news' }),
  onWait: (error) => tell({ level: 'warn', about: { reason: error.message } }),
});
port.on('message', (positions: readonly SkyPosition[]) => loop.add(positions));
await loop.run(new AbortController().signal);
