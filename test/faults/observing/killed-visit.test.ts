import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ExecutorOptions } from '../../../agent/observing/executor.ts';
import { Site } from '../../support/robotic-site.ts';
import { settle } from '../../support/settle.ts';
import { requestFor } from '../../support/visits.ts';

/**
 * The program is killed at its k-th contact with the world, for every k there is: before the contact had its effect,
 * while it takes place, and just after it. Then it starts again, as often as it takes.
 */
type Moment = 'before' | 'during' | 'after';

class Killed extends Error {}

/** One life of the program, which ends at contact number `atContact`. */
class Life {
  readonly #atContact: number;
  readonly #moment: Moment;
  contacts = 0;
  dead = false;

  constructor(atContact: number, moment: Moment) {
    this.#atContact = atContact;
    this.#moment = moment;
  }

  /** The same object, as seen by this life: none of its methods work for the dead. */
  see<Thing extends object>(thing: Thing): Thing {
    return new Proxy(thing, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? this.call(value.bind(target)) : value;
      },
    });
  }

  call<Arguments extends unknown[], Result>(contact: (...args: Arguments) => Result): (...args: Arguments) => Result {
    return (...args) => {
      if (this.dead) throw new Killed();
      this.contacts++;
      const last = this.contacts === this.#atContact;
      if (!last) return contact(...args);
      if (this.#moment === 'before') this.#die();
      const result = contact(...args);
      if (!(result instanceof Promise) || this.#moment === 'during') {
        if (result instanceof Promise) result.catch(() => undefined); // nobody is left to hear of it
        this.#die();
      }
      return result.then(() => this.#die()) as Result;
    };
  }

  #die(): never {
    this.dead = true;
    throw new Killed();
  }
}

const order = { destination: 'hub', instrument: 'main', request: requestFor() };

/** The program's options with every contact to the outside going through a life. */
function mortal(life: Life) {
  return ({
    store,
    devices,
    writer,
    reductions,
    roof,
    alarm,
    checkVisibility,
  }: ExecutorOptions): Partial<ExecutorOptions> => ({
    store: life.see(store),
    devices: {
      mount: life.see(devices.mount!),
      camera: life.see(devices.camera),
      filterWheel: life.see(devices.filterWheel!),
      close: async () => {},
    },
    writer: life.see(writer),
    reductions: life.see(reductions),
    roof: life.see(roof),
    alarm: life.call(alarm),
    checkVisibility: life.call(checkVisibility),
  });
}

/** Runs the request through one killed life and a second, whole one; gives the site as it then is. */
async function killedOnce(atContact: number, moment: Moment) {
  const site = new Site();
  const life = new Life(atContact, moment);
  const first = site.start(mortal(life));
  await setImmediate();
  await site.clock.advance(10_000);
  const outcome = await settle(
    site.clock,
    first.executor.execute(order).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    }),
  );
  await first.stop();
  if (!life.dead) return { site, contacts: life.contacts, outcome, survived: true };
  const second = site.start();
  const recovered = await settle(site.clock, second.executor.recover());
  await settle(site.clock, second.executor.execute(order)); // the centre sends the request again
  await second.stop();
  return { site, contacts: life.contacts, outcome, survived: false, recovered };
}

test('a visit that nothing disturbs makes contact often enough to be killed', async () => {
  const { contacts, outcome } = await killedOnce(Number.POSITIVE_INFINITY, 'before');
  assert.equal(outcome?.state, 'COMPLETED');
  assert.ok(contacts > 40, `${contacts} contacts`);
});

for (const moment of ['before', 'during', 'after'] as const) {
  test(`killed ${moment} any contact, a request ends once, with no frame doubled`, async () => {
    let kills = 0;
    for (let k = 1; ; k++) {
      const { site, survived } = await killedOnce(k, moment);
      if (survived) break;
      kills++;
      const where = `contact ${k}, ${moment}`;
      const { rows } = site.rows;
      assert.ok(
        rows.every(({ result }) => result !== undefined),
        `${where}: every visit has an end`,
      );
      const names = site.folder.writes.map(({ file }) => file);
      assert.equal(new Set(names).size, names.length, `${where}: no frame twice: ${names}`);
      for (const { id, result } of rows) {
        const inFolder = site.folder.writes.filter(({ visitId }) => visitId === id).length;
        assert.equal(result!.frames.length, inFolder, `${where}: the result tells of every frame`);
        if (result!.state === 'COMPLETED') assert.equal(inFolder, 3, where);
      }
      const completed = rows.filter(({ result }) => result!.state === 'COMPLETED').length;
      assert.ok(completed <= 1, `${where}: executed ${completed} times`);
      const [first] = rows;
      if (first!.result!.frames.length === 0 || first!.result!.frames.length === 3)
        assert.equal(first!.result!.state, 'COMPLETED', `${where}: nothing was lost, so it comes to its end`);
      else assert.match(first!.result!.reason, /[12] of 3 frames/, where);
    }
    assert.ok(kills > 40, `${kills} kills`);
  });
}

test('a visit that kills the program twice is closed', async () => {
  const site = new Site();
  for (let life = 0; life < 2; life++) {
    const program = site.start(mortal(new Life(12, 'during')));
    await setImmediate();
    await site.clock.advance(10_000);
    const work = life === 0 ? program.executor.execute(order) : program.executor.recover();
    await assert.rejects(settle(site.clock, work as Promise<unknown>), Killed);
    await program.stop();
  }
  const last = site.start();
  const [result] = await settle(site.clock, last.executor.recover());
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /second time/);
  await last.stop();
});

test('a program that is stopped in good order closes its visit, and one that only waits is taken up later', async () => {
  const site = new Site();
  const first = site.start();
  await setImmediate();
  await site.clock.advance(10_000);
  const visit = first.executor.execute(order);
  await setImmediate();
  await site.clock.advance(60_000);
  const stopped = first.stop();
  assert.match((await settle(site.clock, visit))!.reason, /program was stopped/);
  await stopped;
  const second = site.start();
  await setImmediate();
  await site.clock.advance(10_000);
  const again = second.executor.execute(order);
  await setImmediate();
  while (second.executor.busy) await site.clock.advance(1000);
  const waiting = assert.rejects(again, /program ends/);
  await second.stop();
  await waiting;
  const third = site.start();
  const [result] = await settle(site.clock, third.executor.recover());
  assert.equal(result?.state, 'COMPLETED');
  assert.equal(site.folder.writes.length, 3);
  await third.stop();
});

test('a visit that is taken up and a new one share the telescope, one after the other', async () => {
  const site = new Site();
  const first = site.start(mortal(new Life(20, 'before')));
  await setImmediate();
  await site.clock.advance(10_000);
  await assert.rejects(settle(site.clock, first.executor.execute(order)), Killed);
  await first.stop();
  const second = site.start();
  const recovering = second.executor.recover();
  // Safety becomes known, and the new request comes before the old visit has looked again.
  while (!second.safety.state().safe) await site.clock.advance(100);
  const other = second.executor.execute({ ...order, request: requestFor({ id: 'request-2' }) });
  assert.equal((await settle(site.clock, other))?.state, 'COMPLETED');
  assert.deepEqual(
    (await settle(site.clock, recovering)).map(({ state }) => state),
    ['COMPLETED'],
  );
  const starts = site.folder.writes.map(({ visitId }) => visitId);
  assert.deepEqual(starts, ['visit-2', 'visit-2', 'visit-2', 'visit-1', 'visit-1', 'visit-1']);
  await second.stop();
});
