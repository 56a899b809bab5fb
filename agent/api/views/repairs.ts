import type { Status } from '../../status/status.ts';
import { frameAdvice } from '../../store/frame-advice.ts';
import type { Store } from '../../store/open.ts';
import type { Repair } from '../shapes.ts';

/** Frames and parcels that came to grief so long ago are history. */
const recentMs = 3 * 86_400_000;
/** So many of each kind are looked at. */
const most = 100;

/** What to do about an alarm, by its code; its text says what is wrong. */
const alarmRemedies: Readonly<Record<string, string>> = {
  NEEDS_OPERATOR: 'Do what it says; no restart is needed.',
  STALLED: 'See the log for what it waits for; a restart may help.',
  PART_ENDED: 'If it comes again, tell the developers, with the log.',
  DEVICE_LOST: 'See to its power, its cable and its driver.',
  SILENT_NIGHT: 'See to the camera program, the folders and the roof.',
  ANOTHER_CAMERA: 'Say what it is: bhtom-edge cameras same N, or other N.',
  DEVICE: 'Go there: nothing more moves by itself.',
};

/** Everything that is wrong, the gravest first, each with one remedy. */
export function repairsOf(status: Status, store: Store): Repair[] {
  const order = ['critical', 'warning', 'info'];
  return [
    ...faultsOf(status),
    ...alarmsOf(status),
    ...partsOf(status),
    ...telescopesOf(status),
    ...framesOf(store, status.atMs),
    ...parcelsOf(store, status.atMs),
    ...status.warnings.map((words) =>
      repair({ what: 'To know', words, remedy: 'bhtom-edge doctor says more.', severity: 'info' }),
    ),
  ].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function repair(one: Pick<Repair, 'what' | 'words' | 'remedy' | 'severity'> & Partial<Repair>): Repair {
  return { sinceMs: null, frameId: null, ...one };
}

function faultsOf({ notRunning, notStored, running }: Status): Repair[] {
  const faults: Repair[] = [];
  if (notRunning !== null)
    faults.push(
      repair({ what: 'The daemon', words: notRunning, remedy: 'Start it: bhtom-edge run.', severity: 'critical' }),
    );
  if (notStored !== null)
    faults.push(
      repair({ what: 'The database', words: notStored, remedy: 'bhtom-edge doctor says more.', severity: 'critical' }),
    );
  if (running?.intake.paused)
    faults.push(
      repair({
        ...{ what: 'Frames are not taken in', words: running.intake.paused, severity: 'warning' },
        remedy: 'Mend what it names; intake goes on by itself.',
      }),
    );
  return faults;
}

function alarmsOf({ running, stored }: Status): Repair[] {
  const open = running?.alarms ?? (stored?.alarms ?? []).filter(({ clearedAtMs }) => clearedAtMs === null);
  return open.map(({ code, subject, severity, text, raisedAtMs }) =>
    repair({
      ...{ what: subject, words: text, sinceMs: raisedAtMs },
      severity: severity === 'critical' ? 'critical' : 'warning',
      remedy: alarmRemedies[code] ?? 'bhtom-edge doctor says more.',
    }),
  );
}

/** Parts that are not well, but for those of which an alarm tells. */
function partsOf({ running }: Status): Repair[] {
  const told = new Set(running?.alarms.map(({ subject }) => subject));
  return (running?.parts ?? [])
    .filter(({ name, state }) => state !== 'well' && !told.has(name))
    .map(({ name, state, reason, sinceMs }) =>
      repair({
        ...{ what: `${name}: ${state}`, words: reason, sinceMs, severity: 'warning' },
        remedy: state === 'away' ? 'Nothing, if it mends itself: it is tried again.' : 'Do what it says.',
      }),
    );
}

function telescopesOf({ running }: Status): Repair[] {
  return (running?.telescopes ?? []).flatMap(({ instrument, safety }) =>
    safety === null || safety.safe
      ? []
      : repair({
          ...{ what: `${instrument} may not move`, words: safety.reasons.join('; '), sinceMs: safety.sinceMs },
          severity: 'info',
          remedy: safety.attended
            ? 'bhtom-edge attend off, when nobody works there any more.'
            : 'Nothing, while this is true.',
        }),
  );
}

/** Frames that were not measured, those of the same reason together. */
function framesOf({ frames }: Store, nowMs: number): Repair[] {
  const lost = (['failed', 'rejected'] as const)
    .flatMap((state) => frames.page(Number.MAX_SAFE_INTEGER, most, state))
    .filter(
      ({ seenAtMs, reasonCode }) => nowMs - seenAtMs < recentMs && reasonCode !== 'gone' && reasonCode !== 'replaced',
    );
  const alike = Map.groupBy(lost, ({ state, reasonCode, reason, instrument }) =>
    [instrument, state, reasonCode === null ? reason : reasonCode].join('\n'),
  );
  return [...alike.values()].map((group) => {
    const [newest] = group as [(typeof lost)[number]];
    return repair({
      what: `${group.length} frame${group.length === 1 ? '' : 's'} of ${newest.instrument} ${newest.state}`,
      words: newest.reason ?? 'no reason was told',
      ...{ sinceMs: group.at(-1)!.seenAtMs, frameId: newest.id, severity: 'warning' },
      remedy: frameAdvice(newest) ?? 'Nothing.',
    });
  });
}

function parcelsOf({ outbox }: Store, nowMs: number): Repair[] {
  const refused = outbox.list(['rejected'], most).filter(({ createdAtMs }) => nowMs - createdAtMs < recentMs);
  return [...Map.groupBy(refused, ({ destination, lastError }) => `${destination}\n${lastError}`).values()].map(
    (group) => {
      const [newest] = group as [(typeof refused)[number]];
      return repair({
        what: `${newest.destination} refused ${group.length} product${group.length === 1 ? '' : 's'}`,
        words: newest.lastError ?? 'it gave no reason',
        ...{ sinceMs: group.at(-1)!.createdAtMs, severity: 'warning' },
        remedy: `Mend what it names, then: bhtom-edge queue retry ${newest.id}.`,
      });
    },
  );
}
