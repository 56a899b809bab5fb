import { oneAtATime } from '../../base/one-at-a-time.ts';

/** Work on compressed files, each of which is held in memory as a whole: one at a time in this thread. */
export const alone = oneAtATime();
