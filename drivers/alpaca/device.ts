import type { Clock } from '../../base/clock.ts';
import { describeError, EdgeError, Parked } from '../../base/errors.ts';
import { proofOfLifeMs } from '../contract/device.ts';
import type { Command, Reading } from '../contract.ts';
import { refused, silent } from '../errors.ts';
import { RemoteDevice } from '../remote-device.ts';
import { Facts } from './facts.ts';
import type { AlpacaName, AlpacaServers, FoundDevice } from './servers.ts';
import type { Parameters } from './wire/client.ts';
import type { AlpacaImage } from './wire/image-bytes.ts';

/** Old drivers answer nothing while they do something else. */
const answerMs = 10_000;
const connectMs = 60_000;
const connectPollMs = 200;

/** What a device needs to be reached. */
export interface AlpacaReach {
  readonly servers: AlpacaServers;
  readonly name: AlpacaName;
  readonly clock: Clock;
}

/** A command as it is given to a device that says Ok to anything. */
interface Order<Value> {
  /** Writes; the deadline is what is left of the command's. */
  readonly write: (command: Command) => Promise<unknown>;
  readonly wish: string;
  readonly read: () => Promise<Reading<Value>>;
  readonly done: (value: Value) => boolean;
  /** Ends what was begun, when it fails or is aborted. */
  readonly end?: (command: Command) => Promise<void>;
}

/**
 * What all Alpaca devices have in common: they are found, connected when they are not, asked for a sign of life, lost when
 * none comes and looked for again. A reply "Ok" is never believed: effects are read back. A write is sent once; when its
 * answer is lost the values show whether it arrived.
 */
export abstract class AlpacaDevice extends RemoteDevice {
  readonly #reach: AlpacaReach;
  readonly #type: string;
  readonly #traitNames: readonly string[];
  readonly #stopping = new AbortController();
  /** Members that the device has said it lacks; not asked again until it has been away. */
  readonly #lacking = new Set<string>();
  #there: FoundDevice | undefined;
  #writing = 0;
  #traits = new Facts();

  /** `traits`: members that do not change while it is connected, read each time it comes. */
  constructor(reach: AlpacaReach, type: string, traits: readonly string[]) {
    const known = 'number' in reach.name ? `${reach.name.number}` : reach.name.uniqueId;
    super('number' in reach.name ? `${type}/${known}` : known, `The Alpaca ${type} ${known}`, reach.clock);
    this.#reach = reach;
    this.#type = type;
    this.#traitNames = traits;
  }

  /** Begins to look for it and to watch it. Waits for nothing and moves nothing. */
  begin(): void {
    void this.#keepPresent();
  }

  /** Watches it no longer. It stays connected to its server, and moves nothing. */
  leave(): void {
    this.#stopping.abort();
  }

  protected get traits(): Facts {
    return this.#traits;
  }

  /** What else to learn once it has come, before it is present. */
  protected async learn(): Promise<void> {}

  protected reading<Value>(read: () => Promise<Value>): Promise<Reading<Value>> {
    return this.presence.needed(async () => {
      const value = await read();
      return { value, atMs: this.clock.nowMs() };
    });
  }

  /** Several members as they stand now: in one question where the server can, the rest one by one. */
  protected async state(...members: readonly string[]): Promise<Facts> {
    const told = stateOf(await this.ask('devicestate'));
    const missing = members.filter((member) => !told.has(member));
    const asked = await Promise.all(missing.map(async (member) => [member, await this.ask(member)] as const));
    return new Facts(new Map([...told, ...asked]));
  }

  /**
   * The value of a member; undefined where the device lacks it or has an error to tell in its place.
   * @throws RetryLater when device or server do not answer
   */
  protected async ask(member: string, parameters: Parameters = {}): Promise<unknown> {
    const key = `${member} ${JSON.stringify(parameters)}`;
    if (this.#lacking.has(key)) return undefined;
    const { client, device } = this.#found();
    const question = { signal: this.#stopping.signal, deadlineMs: answerMs };
    try {
      return await asked(() => client.get(device, member, question, parameters));
    } catch (error) {
      const code = codeOf(error);
      if (isLack(code)) this.#lacking.add(key);
      else if (!code.startsWith('ALPACA_0X') || code === notConnected) throw this.#orLost(error);
      return undefined;
    }
  }

  /** The last image, where this device is a camera. */
  protected image(command: Command): Promise<AlpacaImage> {
    const { client, device } = this.#found();
    return client.image(device, command);
  }

  /**
   * Writes to a member once. False when the answer was lost: then the device's values show whether it arrived.
   * @throws Parked `DEVICE_REFUSED` for what the device does not do; EdgeError of the device
   */
  protected async put(member: string, parameters: Parameters, command: Command): Promise<boolean> {
    const { client, device } = this.#found();
    this.#writing++;
    try {
      await client.put(device, member, parameters, command);
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ALPACA_SILENT') return false;
      if (error instanceof Parked) throw refused(this.name, error.message);
      if (code === 'ALPACA_0X408') throw refused(this.name, 'it is parked');
      throw this.#orLost(error);
    } finally {
      this.#writing--;
    }
  }

  /** Gives an order and waits until the device's values show that it was carried out, both within the deadline. */
  protected async obeyed<Value>({ write, wish, read, done, end }: Order<Value>, command: Command): Promise<void> {
    const endAtMs = this.clock.monotonicMs() + command.deadlineMs;
    await this.presence.needed((gone) => {
      const signal = AbortSignal.any([command.signal, gone]);
      const left = () => ({ signal, deadlineMs: Math.max(0, endAtMs - this.clock.monotonicMs()) });
      const work = async () => {
        await write(left());
        await this.confirmed(wish, read, done, left());
      };
      return this.carryOut({ ...command, signal }, work, end);
    });
  }

  #found(): FoundDevice {
    if (!this.#there) throw silent(this.name, 'it has not come yet');
    return this.#there;
  }

  /** The error to throw in place of one that shows that the device is gone. */
  #orLost(error: unknown): unknown {
    const code = codeOf(error);
    // While a write is under way some servers answer nothing else.
    const isGone = code === notConnected || (code === 'ALPACA_SILENT' && this.#writing === 0);
    if (!isGone) return error;
    const reason = code === notConnected ? 'its server is not connected to it' : 'its server does not answer';
    this.presence.lose(reason);
    return silent(this.name, reason, error);
  }

  async #keepPresent(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.present) await this.#watch();
        else await this.#come(signal);
      } catch (error) {
        if (!signal.aborted) {
          if (!(error instanceof EdgeError)) throw error;
          this.presence.lose(describeError(error));
          this.presence.explain(describeError(error));
        }
      }
      await this.clock.sleep(proofOfLifeMs / 2, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** Asks for a sign of life: the server answers for the device, also for one that was disconnected by somebody else. */
  async #watch(): Promise<void> {
    if (this.#writing > 0) return;
    const { client, device } = this.#found();
    const connected = await client.get(device, 'connected', { signal: this.#stopping.signal, deadlineMs: answerMs });
    if (!isTrue(connected)) this.presence.lose('its server is not connected to it');
  }

  async #come(signal: AbortSignal): Promise<void> {
    const command = { signal, deadlineMs: answerMs };
    this.#lacking.clear();
    this.#there = await this.#reach.servers.find(this.#type, this.#reach.name, command);
    await this.#connect(signal);
    this.#traits = new Facts(
      new Map(await Promise.all(this.#traitNames.map(async (member) => [member, await this.ask(member)] as const))),
    );
    await this.learn();
    this.presence.comeBack();
  }

  /** By `connect` of Platform 7, or by `Connected` where there is none; servers have answered both with an error and connected. */
  async #connect(signal: AbortSignal): Promise<void> {
    const { client, device } = this.#found();
    const command = { signal, deadlineMs: answerMs };
    const isConnected = async () => isTrue(await client.get(device, 'connected', command));
    if (await isConnected()) return;
    let said: unknown;
    const tell = async (member: string, parameters: Parameters) => {
      said = undefined;
      await client.put(device, member, parameters, { signal, deadlineMs: connectMs }).catch((error: unknown) => {
        signal.throwIfAborted();
        said = error;
      });
    };
    await tell('connect', {});
    if (said !== undefined && !(await isConnected())) await tell('connected', { Connected: true });
    const endAtMs = this.clock.monotonicMs() + connectMs;
    while (!(await isConnected())) {
      const isUnderWay = isTrue(await this.ask('connecting'));
      if (!isUnderWay || this.clock.monotonicMs() > endAtMs)
        throw silent(this.name, 'its server does not connect to it', said);
      await this.clock.sleep(connectPollMs, signal);
    }
  }
}

const notConnected = 'ALPACA_0X407';

/** Whether the device says that it has no such member: by its own error number, or by HTTP. */
function isLack(code: string): boolean {
  return code === 'ALPACA_0X400' || code === 'ALPACA_0X40C' || code === 'ALPACA_REQUEST';
}

function codeOf(error: unknown): string {
  return error instanceof EdgeError ? error.code : '';
}

function isTrue(value: unknown): boolean {
  return String(value).toLowerCase() === 'true';
}

/** What a question gives; asked once more when the server broke over it. */
async function asked(question: () => Promise<unknown>): Promise<unknown> {
  try {
    return await question();
  } catch (error) {
    if (codeOf(error) !== 'ALPACA_ANSWER') throw error;
    return await question();
  }
}

/** The answer to `devicestate` by lower-case names: a list of names and values, or an object. */
function stateOf(answer: unknown): Map<string, unknown> {
  if (typeof answer !== 'object' || answer === null) return new Map();
  if (!Array.isArray(answer))
    return new Map(Object.entries(answer).map(([name, value]) => [name.toLowerCase(), value]));
  return new Map(
    answer.flatMap((entry: unknown) => {
      const { name, value } = Object.fromEntries(
        Object.entries(entry ?? {}).map(([key, one]) => [key.toLowerCase(), one]),
      );
      return typeof name === 'string' ? [[name.toLowerCase(), value] as const] : [];
    }),
  );
}
