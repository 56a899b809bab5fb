/** A value that a device told, and how old it is. */
export interface Reading<Value> {
  readonly value: Value;
  /**
   * The last moment at which the value is proved to have held, Unix milliseconds:
   * - a *measurement* (weather, temperature, sky brightness, power): when the sensor took it. A server that repeats an
   *   old value, or answers quickly for a sensor that has died, does not make it younger. Where the protocol carries no
   *   time of measurement, the arrival of the last message that carried the value;
   * - a *state* (mount, shutter, wheel, focuser, camera, guider) read by question and answer: when the answer came;
   * - a *state* told by events (INDI, PHD2), which are silent while nothing changes: the last proof of life of the
   *   link **to the device**, a message of this device or its answer to a question asked of it. Not the moment when the
   *   value changed, which may be hours ago, and not an open socket, which proves nothing. A driver asks when it has
   *   heard nothing for `proofOfLifeMs`.
   * When the device is lost there is no value at all: `read` rejects with `DEVICE_SILENT`, whatever was last known.
   */
  readonly atMs: number;
}

/** A link that has been silent for so long is asked for a sign of life by its driver. */
export const proofOfLifeMs = 5_000;

export interface Command {
  readonly signal: AbortSignal;
  /** How long the device may take until its values confirm the command. */
  readonly deadlineMs: number;
}

/**
 * `lost`: the device does not answer, was unplugged, or its server went away; why, in plain words. Commands under way
 * reject with `DEVICE_SILENT`, and `read` does until it is back. Also told by a device that has not come yet.
 * `back`: it answers again, with whatever values it now has: nothing that was set before (tracking, set point, gain,
 * slaving) may be taken to hold.
 */
export type DeviceEvents = {
  lost: [reason: string];
  back: [];
};

export type Listener<Events, Name extends keyof Events> = (
  ...facts: Events[Name] extends unknown[] ? Events[Name] : never
) => void;

export interface Device<Events extends DeviceEvents = DeviceEvents> {
  /** By what it is known, whatever its address: the INDI device name, the UniqueID of Alpaca. */
  readonly id: string;
  /** As people call it; in messages and logs. */
  readonly name: string;
  /** Whether it answers now. A device that is away at start is lost until its `back`. */
  readonly present: boolean;
  /** Calls the listener at each event until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): () => void;
}

/** A span that a device accepts, ends included. `step` where only some values in it are accepted. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
}
