import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Happenings } from '../../../../agent/happenings.ts';
import { Alarms } from '../../../../agent/health/alarms.ts';
import { Messenger, type MessengerOptions } from '../../../../agent/notices/messenger.ts';
import type { NightSummary } from '../../../../agent/notices/morning.ts';
import type { Notice } from '../../../../agent/notices/notice.ts';
import { AlarmStore } from '../../../../agent/store/alarms.ts';
import { NoticeStore } from '../../../../agent/store/notices.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { RetryLater, TellOperator } from '../../../../base/errors.ts';
import { Random } from '../../../../base/random.ts';

import { databaseInMemory, silent } from '../../../support/parcels.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const roof = { code: 'DEVICE', subject: 'roof', severity: 'critical', text: 'the roof did not close' } as const;
const token = {
  code: 'NEEDS_OPERATOR',
  subject: 'centre',
  severity: 'warning',
  text: 'its token was refused',
} as const;

function setUp(t: TestContext) {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const database = databaseInMemory(t);
  const happenings = new Happenings(clock, silent);
  const alarms = new Alarms({ store: new AlarmStore(database), clock, log: silent, tell: happenings.tell });
  const sent: Notice[] = [];
  const world = { fail: undefined as Error | undefined, night: undefined as NightSummary | undefined };
  const start = async (over: Partial<MessengerOptions> = {}) => {
    const messenger = new Messenger({
      ...{ id: 'phone', from: 'critical', summary: true, remindMs: 3 * hourMs, site: 'hill', log: silent },
      ...{ clock, random: new Random(1), happenings, alarms, store: new NoticeStore(database) },
      lastNight: () => world.night,
      channel: {
        async send(notice) {
          if (world.fail) throw world.fail;
          sent.push(notice);
        },
      },
      ...over,
    });
    messenger.start((error) => assert.fail(String(error)));
    t.after(() => messenger.stop());
    await clock.advance(0);
    await settled();
    return messenger;
  };
  return { clock, database, alarms, sent, world, start, titles: () => sent.map(({ title }) => title) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a messenger', () => {
  it('tells a critical alarm at once, and its end, each once', async (t) => {
    const { clock, alarms, titles, sent, start } = setUp(t);
    await start();
    alarms.raise(roof);
    await settled();
    assert.deepEqual(titles(), ['hill: ALARM, roof [DEVICE]']);
    assert.equal(sent[0]!.text, roof.text);
    await clock.advance(hourMs);
    assert.equal(sent.length, 1);
    alarms.clear(roof.code, roof.subject);
    await settled();
    await clock.advance(hourMs);
    assert.deepEqual(titles().slice(1), ['hill: over, roof [DEVICE]']);
  });

  it('repeats a critical alarm while it lasts', async (t) => {
    const { clock, alarms, titles, start } = setUp(t);
    await start();
    alarms.raise(roof);
    await clock.advance(7 * hourMs);
    assert.deepEqual(titles().slice(1), Array(2).fill('hill: ALARM (still), roof [DEVICE]'));
  });

  it('keeps warnings for the morning, unless it is told to tell them', async (t) => {
    const quiet = setUp(t);
    await quiet.start();
    quiet.alarms.raise(token);
    await quiet.clock.advance(hourMs);
    assert.deepEqual(quiet.sent, []);

    const loud = setUp(t);
    await loud.start({ from: 'warning' });
    loud.alarms.raise(token);
    await loud.clock.advance(hourMs);
    assert.deepEqual(loud.titles(), ['hill: warning, centre [NEEDS_OPERATOR]']);
  });

  it('says nothing of a warning that mends itself in minutes', async (t) => {
    const { clock, alarms, sent, start } = setUp(t);
    await start({ from: 'warning' });
    alarms.raise(token);
    await clock.advance(3 * minuteMs);
    alarms.clear(token.code, token.subject);
    await clock.advance(hourMs);
    assert.deepEqual(sent, []);
  });

  it('sends later what a service did not take, and says so meanwhile', async (t) => {
    const { clock, alarms, titles, world, start } = setUp(t);
    const messenger = await start();
    world.fail = new RetryLater('DOWN', 'the service is down');
    alarms.raise(roof);
    await clock.advance(10 * minuteMs);
    assert.deepEqual([messenger.health().state, messenger.health().reason], ['away', 'the service is down']);
    world.fail = undefined;
    await clock.advance(hourMs);
    assert.deepEqual(titles(), ['hill: ALARM, roof [DEVICE]']);
    assert.equal(messenger.health().state, 'well');
  });

  it('says nothing of an alarm that was over before it could be told', async (t) => {
    const { clock, alarms, sent, world, start } = setUp(t);
    await start();
    world.fail = new RetryLater('DOWN', 'the service is down');
    alarms.raise(roof);
    await clock.advance(minuteMs);
    alarms.clear(roof.code, roof.subject);
    world.fail = undefined;
    await clock.advance(hourMs);
    assert.deepEqual(sent, []);
  });

  it('needs the operator when its service refuses, and tries again without haste', async (t) => {
    const { clock, alarms, sent, world, start } = setUp(t);
    let tries = 0;
    const messenger = await start({
      channel: {
        async send(notice) {
          tries++;
          if (world.fail) throw world.fail;
          sent.push(notice);
        },
      },
    });
    world.fail = new TellOperator('REFUSED', 'the token was refused');
    alarms.raise(roof);
    await clock.advance(2 * hourMs);
    assert.equal(messenger.health().state, 'needs-operator');
    assert.ok(tries >= 2 && tries <= 5, `${tries} tries`);
    world.fail = undefined;
    await clock.advance(hourMs);
    assert.equal(sent.length, 1);
  });

  it('is not ended by a channel that fails in an unknown way, and sends later', async (t) => {
    const { clock, alarms, titles, world, start } = setUp(t);
    const messenger = await start();
    world.fail = new TypeError('a library stumbled');
    alarms.raise(roof);
    await settled();
    assert.deepEqual(messenger.health(), { state: 'needs-operator', reason: 'a library stumbled' });
    world.fail = undefined;
    await clock.advance(hourMs);
    assert.equal(titles().length, 1);
  });

  it('goes on when the database cannot be read', async (t) => {
    const { clock, alarms, titles, start } = setUp(t);
    let isBroken = true;
    await start({
      lastNight: () => {
        if (isBroken) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
        return undefined;
      },
    });
    await clock.advance(hourMs);
    isBroken = false;
    alarms.raise(roof);
    await settled();
    assert.equal(titles().length, 1);
  });

  it('repeats nothing after a restart, and tells the end of what was told before it', async (t) => {
    const { clock, alarms, titles, start } = setUp(t);
    const first = await start();
    alarms.raise(roof);
    await settled();
    await first.stop();
    await start();
    await clock.advance(hourMs);
    assert.equal(titles().length, 1);
    alarms.clear(roof.code, roof.subject);
    await settled();
    assert.deepEqual(titles().slice(1), ['hill: over, roof [DEVICE]']);
  });

  it('tells of each night once, restarts or not', async (t) => {
    const { clock, titles, world, start } = setUp(t);
    const summaryOf = (date: string): NightSummary => ({
      date,
      notice: { severity: 'info', title: `night of ${date}`, text: '', site: 'hill', atMs: 0 },
    });
    const first = await start();
    world.night = summaryOf('2026-05-31');
    await clock.advance(hourMs);
    await first.stop();
    await start();
    await clock.advance(hourMs);
    world.night = summaryOf('2026-06-01');
    await clock.advance(hourMs);
    assert.deepEqual(titles(), ['night of 2026-05-31', 'night of 2026-06-01']);
  });

  it('does not repeat itself where the database cannot be written', async (t) => {
    const { clock, database, alarms, sent, start } = setUp(t);
    await start();
    alarms.raise(roof);
    database.pragma('query_only = ON');
    await clock.advance(hourMs);
    database.pragma('query_only = OFF');
    assert.equal(sent.length, 1);
  });
});
