import type { Clock } from '../../base/clock.ts';
import type { Site } from '../../sky/site.ts';
import type { Devices } from '../contract.ts';
import { SimulatedCameraDevice } from './camera.ts';
import { SimulatedDome } from './dome.ts';
import { SimulatedFilterWheel } from './filter-wheel.ts';
import { SimulatedFlatPanel } from './flat-panel.ts';
import { SimulatedFocuser } from './focuser.ts';
import { SimulatedMount } from './mount.ts';
import { SimulatedWeather } from './weather.ts';
import { makeWorld, type SimulatorOptions } from './world.ts';

/** The devices of a simulated observatory, with the handles that tests and the demo pull. */
export interface SimulatedObservatory extends Devices {
  readonly mount: SimulatedMount;
  readonly camera: SimulatedCameraDevice;
  readonly filterWheel: SimulatedFilterWheel;
  readonly focuser: SimulatedFocuser;
  readonly dome: SimulatedDome;
  readonly weather: SimulatedWeather;
  readonly flatPanel: SimulatedFlatPanel;
}

/** Builds an observatory: mount parked, roof closed, weather fair, everything seeded by `options.seed`. */
export function simulatedObservatory(options: SimulatorOptions, site: Site, clock: Clock): SimulatedObservatory {
  const world = makeWorld(options, site, clock);
  const mount = new SimulatedMount(world);
  const filterWheel = new SimulatedFilterWheel(world);
  const focuser = new SimulatedFocuser(world);
  const dome = new SimulatedDome(world);
  const flatPanel = new SimulatedFlatPanel(world);
  const camera = new SimulatedCameraDevice(world, {
    pointing: () => mount.truePosition(),
    filter: () => filterWheel.current(),
    defocus: () => focuser.defocus(),
    skyVisible: () => dome.isOpen() && flatPanel.isOpen(),
    panelElectrons: () => flatPanel.electrons(),
  });
  const weather = new SimulatedWeather(world);
  return { mount, camera, filterWheel, focuser, dome, weather, flatPanel, close: () => camera.close() };
}
