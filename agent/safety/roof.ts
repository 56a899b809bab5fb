import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater, TellOperator } from '../../base/errors.ts';
import type { SafetyConfig } from '../../config/schema.ts';
import { current, ordered } from '../../drivers/confirm.ts';
import type { Dome, DomeState, Mount, MountState } from '../../drivers/contract.ts';
import { notConfirmed } from '../../drivers/errors.ts';

/**
 * How roof and telescopes depend on each other. `interlocked`: the roof may travel only over parked mounts.
 * `independent`: it may travel at any time. `none`: there is no roof to command.
 */
export type RoofPolicy = NonNullable<SafetyConfig['roof']>;

export interface RoofParts {
  readonly policy: RoofPolicy;
  /** Of all telescopes under the roof. */
  readonly mounts: readonly Mount[];
  readonly dome: Dome | undefined;
  readonly clock: Clock;
  readonly attended: () => boolean;
  /** How long a mount or the roof may take until its values confirm a command. */
  readonly deadlineMs: number;
}

export interface Secured {
  /** Confirmed by this sequence. */
  readonly parked: boolean;
  readonly closed: boolean;
  /** What a person must look at; empty when all was confirmed. */
  readonly alarms: readonly string[];
}

/** How long a device may take to say how it stands. */
const readMs = 10_000;

/**
 * Brings telescopes and roof into safety. `release` makes the visits under way let go of the mounts first. Interlocked:
 * park, confirm, close, confirm; what is not confirmed stays as it is and is alarmed, for a roof on an unparked
 * telescope breaks both, and so does a telescope that moves under a roof that is not open. Independent: closes at once
 * and parks meanwhile. The roof is commanded whatever is believed of it. What did not work stands in the alarms.
 */
export async function secure(parts: RoofParts, release: () => Promise<void>): Promise<Secured> {
  if (parts.attended()) return outcome(help, help);
  const { signal } = new AbortController();
  const park = async () => {
    await release();
    return attempt(() => (parts.policy === 'interlocked' ? parkUnderOpenRoof(parts, signal) : parkAll(parts, signal)));
  };
  const close = () => attempt(() => moveRoof(parts, 'closed', signal));
  if (parts.policy === 'independent') return outcome(...(await Promise.all([park(), close()])));
  const parking = await park();
  if (parking !== undefined && parts.policy === 'interlocked')
    return outcome(parking, 'The roof stays as it is: it does not travel over a telescope that may stand in its way.');
  return outcome(parking, await close());
}

/**
 * Opens the roof where there is one to open; over parked mounts only, where they are interlocked.
 * @throws TellOperator when a device does not confirm; the signal's reason when aborted
 */
export async function ensureOpen(parts: RoofParts, signal: AbortSignal): Promise<void> {
  if (parts.policy === 'none' || parts.dome === undefined) return;
  if ((await shutterOf(parts, parts.dome, signal)) === 'open') return;
  if (parts.policy === 'interlocked') await parkUnderOpenRoof(parts, signal);
  await moveRoof(parts, 'open', signal);
}

/**
 * Only an open roof lets a telescope move or expose: half open, on its way and unknown are not open.
 * @throws RetryLater `ROOF_NOT_OPEN`; the signal's reason when aborted
 */
export async function requireOpen(parts: RoofParts, signal: AbortSignal): Promise<void> {
  if (parts.policy === 'none' || parts.dome === undefined) return;
  const shutter = await shutterOf(parts, parts.dome, signal);
  if (shutter !== 'open')
    throw new RetryLater('ROOF_NOT_OPEN', `The roof is not open (${shutter}): no telescope moves or exposes under it.`);
}

/** Where the shutter is; `closed` where there is no roof to command. */
export async function shutterNow(parts: RoofParts): Promise<DomeState['shutter']> {
  if (parts.policy === 'none' || parts.dome === undefined) return 'closed';
  return shutterOf(parts, parts.dome, new AbortController().signal);
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

/** Parks the mounts, but moves none where the roof may be in its way: under all but an open roof. */
async function parkUnderOpenRoof(parts: RoofParts, signal: AbortSignal): Promise<void> {
  const { mounts, dome } = parts;
  const shutter = dome && (await shutterOf(parts, dome, signal));
  if (shutter !== undefined && shutter !== 'open') {
    for (const mount of mounts) {
      if ((await motionOf(parts, mount, signal)) === 'parked') continue;
      throw new TellOperator(
        'UNPARKED_UNDER_ROOF',
        `${mount.name} is not parked and the roof over it is not open (${shutter}): nothing moves until somebody has looked.`,
      );
    }
  }
  await parkAll(parts, signal);
}

/** Parks all mounts side by side, each to its end, whatever becomes of the others. */
async function parkAll(parts: RoofParts, signal: AbortSignal): Promise<void> {
  const ends = await Promise.allSettled(parts.mounts.map((mount) => parkMount(parts, mount, signal)));
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new TellOperator('MOUNTS_NOT_PARKED', failures.map(describeError).join(' '), { cause: failures[0] });
}

async function parkMount(parts: RoofParts, mount: Mount, signal: AbortSignal): Promise<void> {
  const { clock, deadlineMs } = parts;
  if ((await motionOf(parts, mount, signal)) === 'parked') return;
  const what = { device: mount.name, wish: 'is parked' };
  requireUnattended(parts);
  await ordered(what, (command) => mount.park(command), { signal, deadlineMs }, clock);
  const found = await motionOf(parts, mount, signal);
  if (found !== 'parked') throw notConfirmed(what.device, what.wish, deadlineMs, found);
}

async function moveRoof(parts: RoofParts, end: 'open' | 'closed', signal: AbortSignal): Promise<void> {
  const { dome, policy, clock, deadlineMs } = parts;
  if (policy === 'none' || dome === undefined) return;
  const what = { device: dome.name, wish: `is ${end}` };
  requireUnattended(parts);
  const move = (command: { signal: AbortSignal; deadlineMs: number }) =>
    end === 'open' ? dome.open(command) : dome.close(command);
  await ordered(what, move, { signal, deadlineMs }, clock);
  const found = await shutterOf(parts, dome, signal);
  if (found !== end) throw notConfirmed(what.device, what.wish, deadlineMs, found);
}

async function motionOf({ clock }: RoofParts, mount: Mount, signal: AbortSignal): Promise<MountState['motion']> {
  const what = { device: mount.name, wish: 'says how it stands' };
  const reading = await ordered(what, () => mount.read(), { signal, deadlineMs: readMs }, clock);
  return current(mount.name, reading, clock).motion;
}

async function shutterOf({ clock }: RoofParts, dome: Dome, signal: AbortSignal): Promise<DomeState['shutter']> {
  const what = { device: dome.name, wish: 'says where it is' };
  const reading = await ordered(what, () => dome.read(), { signal, deadlineMs: readMs }, clock);
  return current(dome.name, reading, clock).shutter;
}

function requireUnattended(parts: RoofParts): void {
  if (parts.attended())
    throw new TellOperator('ATTENDED', 'The local lock bars all motion: somebody works at the telescope.');
}
