import type { Clock } from '../../base/clock.ts';
import { describeError, TellOperator } from '../../base/errors.ts';
import type { SafetyConfig } from '../../config/schema.ts';
import { ordered } from '../../drivers/confirm.ts';
import type { Dome, DomeState, Mount, MountState } from '../../drivers/contract.ts';
import { notConfirmed } from '../../drivers/errors.ts';

/**
 * How roof and telescope depend on each other. `interlocked`: the roof may travel only over a parked mount.
 * `independent`: it may travel at any time. `none`: there is no roof to command.
 */
export type RoofPolicy = SafetyConfig['roof'];

export interface RoofParts {
  readonly policy: RoofPolicy;
  readonly mount: Mount | undefined;
  readonly dome: Dome | undefined;
  readonly clock: Clock;
  readonly attended: () => boolean;
  /** How long the mount or the roof may take until its values confirm a command. */
  readonly deadlineMs: number;
}

export interface Secured {
  /** Confirmed by this sequence. */
  readonly parked: boolean;
  readonly closed: boolean;
  /** What a person must look at; empty when all was confirmed. */
  readonly alarms: readonly string[];
}

/**
 * Brings telescope and roof into safety. `release` makes the visit under way let go of the mount first. Interlocked:
 * park, confirm, close, confirm; what is not confirmed stays as it is and is alarmed, for a roof on an unparked
 * telescope breaks both, and so does a telescope that moves under a closed roof. Independent: closes at once and parks
 * meanwhile. What did not work stands in the alarms.
 */
export async function secure(parts: RoofParts, release: () => Promise<void>): Promise<Secured> {
  if (parts.attended()) return outcome(help, help);
  const { signal } = new AbortController();
  const park = async () => {
    await release();
    return attempt(() =>
      parts.policy === 'interlocked' ? parkUnderOpenRoof(parts, signal) : parkMount(parts, signal),
    );
  };
  const close = () => attempt(() => moveRoof(parts, 'closed', signal));
  if (parts.policy === 'independent') return outcome(...(await Promise.all([park(), close()])));
  const parking = await park();
  if (parking !== undefined && parts.policy === 'interlocked')
    return outcome(parking, 'The roof stays as it is: it does not travel over a telescope that may stand in its way.');
  return outcome(parking, await close());
}

/**
 * Opens the roof where there is one to open; over a parked mount only, where they are interlocked.
 * @throws TellOperator when a device does not confirm; the signal's reason when aborted
 */
export async function ensureOpen(parts: RoofParts, signal: AbortSignal): Promise<void> {
  if (parts.policy === 'none' || parts.dome === undefined) return;
  if ((await shutterOf(parts, parts.dome, signal)) === 'open') return;
  if (parts.policy === 'interlocked') await parkUnderOpenRoof(parts, signal);
  await moveRoof(parts, 'open', signal);
}

const help = 'It is not safe, but the local lock bars all motion: act by hand.';

function outcome(parking: string | undefined, closing: string | undefined): Secured {
  const alarms = new Set([parking, closing].filter((alarm) => alarm !== undefined));
  return { parked: parking === undefined, closed: closing === undefined, alarms: [...alarms] };
}

/** What went wrong in plain words, undefined when all went well. */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** Parks the mount, but does not move it where a closed roof may be in its way. */
async function parkUnderOpenRoof(parts: RoofParts, signal: AbortSignal): Promise<void> {
  const { mount, dome } = parts;
  if (mount === undefined) return;
  const under = dome && (await shutterOf(parts, dome, signal)) === 'closed';
  if (under && (await motionOf(parts, mount, signal)) !== 'parked')
    throw new TellOperator(
      'UNPARKED_UNDER_ROOF',
      'The mount is not parked and the roof is closed over it: nothing moves until somebody has looked.',
    );
  await parkMount(parts, signal);
}

async function parkMount(parts: RoofParts, signal: AbortSignal): Promise<void> {
  const { mount, clock, deadlineMs } = parts;
  if (mount === undefined || (await motionOf(parts, mount, signal)) === 'parked') return;
  const what = { device: 'The mount', wish: 'is parked' };
  requireUnattended(parts);
  await ordered(what, (command) => mount.park(command), { signal, deadlineMs }, clock);
  const found = await motionOf(parts, mount, signal);
  if (found !== 'parked') throw notConfirmed(what.device, what.wish, deadlineMs, found);
}

async function moveRoof(parts: RoofParts, end: 'open' | 'closed', signal: AbortSignal): Promise<void> {
  const { dome, policy, clock, deadlineMs } = parts;
  if (policy === 'none' || dome === undefined) return;
  const what = { device: 'The roof', wish: `is ${end}` };
  const command = { signal, deadlineMs };
  requireUnattended(parts);
  await ordered(what, () => (end === 'open' ? dome.open(command) : dome.close(command)), command, clock);
  const found = await shutterOf(parts, dome, signal);
  if (found !== end) throw notConfirmed(what.device, what.wish, deadlineMs, found);
}

async function motionOf(parts: RoofParts, mount: Mount, signal: AbortSignal): Promise<MountState['motion']> {
  const what = { device: 'The mount', wish: 'says how it stands' };
  const command = { signal, deadlineMs: parts.deadlineMs };
  return (await ordered(what, () => mount.read(), command, parts.clock)).value.motion;
}

async function shutterOf(parts: RoofParts, dome: Dome, signal: AbortSignal): Promise<DomeState['shutter']> {
  const what = { device: 'The roof', wish: 'says where it is' };
  const command = { signal, deadlineMs: parts.deadlineMs };
  return (await ordered(what, () => dome.read(), command, parts.clock)).value.shutter;
}

function requireUnattended(parts: RoofParts): void {
  if (parts.attended())
    throw new TellOperator('ATTENDED', 'The local lock bars all motion: somebody works at the telescope.');
}
