import type { Clock } from '../../base/clock.ts';
import type { Site } from '../../sky/site.ts';
import type { Capability, Devices } from '../contract.ts';
import { SimulatedCameraDevice } from './camera.ts';
import { SimulatedDome } from './dome.ts';
import { type Faultable, SimulatedFaults, withFaults } from './faults.ts';
import { SimulatedFilterWheel } from './filter-wheel.ts';
import { SimulatedFlatPanel } from './flat-panel.ts';
import { SimulatedFocuser } from './focuser.ts';
import { SimulatedGuider } from './guider.ts';
import { SimulatedMount } from './mount.ts';
import { SimulatedRotator } from './rotator.ts';
import { SimulatedConditions, SimulatedPower, SimulatedSafetyMonitor, SimulatedSwitches } from './site-devices.ts';
import { SimulatedWeather } from './weather.ts';
import { makeWorld, type SimulatorOptions } from './world.ts';

/** The devices of a simulated observatory, with the handles that tests and the demo pull. */
export interface SimulatedObservatory extends Devices {
  readonly mount: SimulatedMount;
  readonly camera: SimulatedCameraDevice;
  readonly filterWheel: SimulatedFilterWheel;
  readonly focuser: SimulatedFocuser;
  readonly guider: SimulatedGuider;
  readonly rotator: SimulatedRotator;
  readonly flatPanel: SimulatedFlatPanel;
  readonly dome: SimulatedDome;
  readonly weather: SimulatedWeather;
  readonly safetyMonitor: SimulatedSafetyMonitor;
  readonly power: SimulatedPower;
  readonly conditions: SimulatedConditions;
  readonly switches: SimulatedSwitches;
  /** Makes any reading or command of any device fail. */
  readonly faults: SimulatedFaults;
  lose(capability: Capability, reason?: string): void;
  /** `restarted`: with the values that its power-on gives it, which are others than it had. */
  bringBack(capability: Capability, how: 'as it was' | 'restarted'): void;
}

/** What is simulated where nothing else is said. */
export const usualSimulator: SimulatorOptions = {
  seed: 1,
  widthPx: 1024,
  heightPx: 1024,
  scaleArcsecPerPx: 1,
  fwhmPx: 3.2,
  starsPerFrame: 200,
  slewSeconds: 2,
  timeFactor: 1,
  filters: [],
};

/**
 * Builds an observatory: mount parked, roof closed, weather fair, everything seeded by `options.seed`. `under`: the
 * observatory whose roof its telescope shares, or none at all; one of its own when not told.
 */
export function simulatedObservatory(
  options: SimulatorOptions,
  place: Site,
  clock: Clock,
  under?: SimulatedObservatory | 'the open sky',
): SimulatedObservatory {
  const world = makeWorld(options, place, clock);
  const faults = new SimulatedFaults();
  const mount = new SimulatedMount(world);
  const filterWheel = new SimulatedFilterWheel(world);
  const focuser = new SimulatedFocuser(world);
  const dome = new SimulatedDome(world);
  const skyFree =
    under === undefined ? () => dome.isOpen() : under === 'the open sky' ? () => true : () => under.dome.isOpen();
  const flatPanel = new SimulatedFlatPanel(world);
  const camera = new SimulatedCameraDevice(world, {
    pointing: () => mount.truePosition(),
    filter: () => filterWheel.current(),
    defocus: () => focuser.defocus(),
    skyVisible: () => skyFree() && flatPanel.isOpen(),
    panelElectrons: () => flatPanel.electrons(),
  });
  const able = <Of extends Faultable>(capability: Capability, device: Of) =>
    withFaults(capability, device, faults, world);
  const devices = {
    mount: able('mount', mount),
    camera: able('camera', camera),
    filterWheel: able('filterWheel', filterWheel),
    focuser: able('focuser', focuser),
    guider: able('guider', new SimulatedGuider(world)),
    rotator: able('rotator', new SimulatedRotator(world)),
    flatPanel: able('flatPanel', flatPanel),
    dome: able('dome', dome),
    weather: able('weather', new SimulatedWeather(world)),
    safetyMonitor: able('safetyMonitor', new SimulatedSafetyMonitor(world)),
    power: able('power', new SimulatedPower(world)),
    conditions: able('conditions', new SimulatedConditions(world)),
    switches: able('switches', new SimulatedSwitches(world)),
  };
  return {
    ...devices,
    faults,
    lose: (capability, reason = 'it was unplugged') => devices[capability].presence.lose(reason),
    bringBack(capability, how) {
      if (how === 'restarted') devices[capability].restart();
      devices[capability].presence.comeBack();
    },
    close: () => camera.close(),
  };
}
