/**
 * What a device can do, one small interface for each capability (`contract/`); a driver implements those its hardware
 * has. The rules that hold for all of them:
 * - every reading carries the time up to which it is proved (`Reading.atMs`); the reader decides what is too old;
 * - every command takes a signal and a deadline, and resolves only when the device's own values show that it was done;
 * - a command that finds its end reached is a success; one that the device cannot carry out is refused before it is sent;
 * - an aborted command stops what it started before it rejects with the signal's reason;
 * - a device that is lost rejects at once and comes `back`; nothing is ever answered from memory while it is away;
 * - failures are errors of base/errors.ts, made in drivers/errors.ts;
 * - positions are ICRS degrees (a driver turns them into what its mount speaks), angles degrees, times Unix milliseconds.
 */
import type { Camera } from './contract/camera.ts';
import type { Guider } from './contract/guider.ts';
import type { Mount } from './contract/mount.ts';
import type { FilterWheel, FlatPanel, Focuser, Rotator } from './contract/optics.ts';
import type { Dome, ObservingConditions, Power, SafetyMonitor, Switches, Weather } from './contract/site.ts';

export type * from './contract/camera.ts';
export type * from './contract/device.ts';
export type * from './contract/guider.ts';
export type * from './contract/mount.ts';
export type * from './contract/optics.ts';
export type * from './contract/site.ts';

/** What belongs to one telescope. */
export interface TelescopeDevices {
  readonly mount?: Mount;
  readonly camera?: Camera;
  readonly filterWheel?: FilterWheel;
  readonly focuser?: Focuser;
  readonly guider?: Guider;
  readonly rotator?: Rotator;
  readonly flatPanel?: FlatPanel;
}

/** What all telescopes of a site share: one roof over them, one weather, one power. */
export interface SiteDevices {
  readonly dome?: Dome;
  readonly weather?: Weather;
  readonly safetyMonitor?: SafetyMonitor;
  readonly power?: Power;
  readonly conditions?: ObservingConditions;
  readonly switches?: Switches;
}

export type Capability = keyof TelescopeDevices | keyof SiteDevices;

/** What one or several drivers bring. */
export interface Devices extends TelescopeDevices, SiteDevices {
  /** Lets go of the hardware; moves nothing. */
  close(): Promise<void>;
}
