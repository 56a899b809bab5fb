import { isSiteFault } from '../../base/site-fault.ts';
import { culminationDeg } from '../../sky/horizontal.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { LateStars } from '../catalogue/late-stars.ts';
import { threadPrefetcher } from '../catalogue/prefetch.ts';
import type { NetworkTarget, TargetSource } from '../centres/target-source.ts';
import { well } from '../health/health.ts';
import type { Stage } from '../part.ts';
import type { Store } from '../store/open.ts';
import { TargetBook } from '../targets/target-book.ts';
import { TargetKeeper } from '../targets/target-keeper.ts';
import type { BootContext } from './context.ts';

/** What is known beside the frames: reference stars and the targets of the network. */
export interface Knowledge {
  readonly stage: Stage;
  readonly targetBook: TargetBook;
  /** Something is measured or observed here: the stars around it will be needed. */
  wantStars(positions: readonly SkyPosition[]): void;
  /** These targets are measured: their light curves will be needed. */
  wantLightCurves(names: readonly string[]): void;
  /** Fetches what the night ahead will need. */
  prepareNight(): void;
}

/** New targets of a list for which reference stars are fetched at once, at most. */
const mostPrefetched = 50;
/** Targets that never rise higher need no stars. */
const lowestFetchedDeg = 25;

/** `onReduceAgain` hears of each frame that waits for its reduction again. */
export function knowledge(
  context: BootContext,
  sources: readonly TargetSource[],
  onReduceAgain: (frameId: number) => void,
): Knowledge {
  const { config, store, clock, random, log, software } = context;
  const lateStars = new LateStars({ config, store, clock, log, onReduceAgain });
  let onStarsFault = (_error: unknown) => {};
  const lookForLateStars = () =>
    void lateStars.look().catch((error: unknown) => {
      if (!isSiteFault(error)) onStarsFault(error);
      else log.error({ err: error }, 'frames that lacked stars cannot be looked for at present; tried again tomorrow');
    });
  const prefetcher = config.catalogue.online
    ? threadPrefetcher({ dataDir: config.dataDir, catalogue: config.catalogue, software }, log, lookForLateStars)
    : undefined;
  const wantStars = (positions: readonly SkyPosition[]) => prefetcher?.prefetchFor(positions);

  const targets = new TargetKeeper({
    ...{ sources, store: store.networkTargets, clock, random, log },
    onAdded(added: readonly NetworkTarget[]) {
      // A whole list is not fetched for by accident: frames and requests ask for what they need.
      if (added.length <= mostPrefetched)
        wantStars(added.filter((one) => culminationDeg(one, config.site) > lowestFetchedDeg));
    },
  });

  return {
    stage: [
      {
        name: 'reference stars',
        start(onFault) {
          onStarsFault = onFault;
          prefetcher?.start();
          wantStars(config.targets);
          lookForLateStars();
        },
        async stop() {
          await Promise.all([prefetcher?.close(), lateStars.stop()]);
        },
        health: () => well,
      },
      {
        name: 'targets of the network',
        start(onFault) {
          targets.want(config.targets.map(({ name }) => name));
          targets.start(onFault);
        },
        stop: () => targets.stop(),
        health: () => targets.health(),
      },
    ],
    targetBook: new TargetBook({
      store: store.networkTargets,
      own: config.targets,
      destinations: sources.map(({ destination }) => destination),
      mayLookAnywhere: config.solving.fallback.length > 0,
    }),
    wantStars,
    wantLightCurves: (names) => targets.want(names),
    prepareNight() {
      wantStars([...config.targets, ...waitingTargets(store)]);
      lookForLateStars();
    },
  };
}

/** Where the requests look that wait for their visit. */
function waitingTargets(store: Store): SkyPosition[] {
  return store.requests.executable().flatMap(({ request }) => (request ? [request.target] : []));
}
