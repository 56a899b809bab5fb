import type { SimulatedFilterWheel } from '../../../../drivers/simulator/filter-wheel.ts';
import type { SimulatedFlatPanel } from '../../../../drivers/simulator/flat-panel.ts';
import type { SimulatedFocuser } from '../../../../drivers/simulator/focuser.ts';
import type { SimulatedRotator } from '../../../../drivers/simulator/rotator.ts';
import { AlpacaFault, acts, faults, type Members, reads, UnderWay } from '../members.ts';

export function filterWheel(wheel: SimulatedFilterWheel): Members {
  const turning = new UnderWay();
  return {
    names: reads(() => wheel.filters),
    focusoffsets: reads(() => wheel.filters.map(() => 0)),
    position: {
      ...reads(async () => wheel.filters.indexOf((await wheel.read()).value ?? '')),
      ...acts(
        (given) => {
          const filter = wheel.filters[given.number('Position')];
          if (filter === undefined) throw new AlpacaFault(faults.invalidValue, 'no such slot');
          return turning.begin((command) => wheel.select(filter, command));
        },
        { Position: 'integer' },
      ),
    },
  };
}

export function focuser(device: SimulatedFocuser): Members {
  const moving = new UnderWay();
  const state = async () => (await device.read()).value;
  let tempComp = true;
  return {
    absolute: reads(() => true),
    maxstep: reads(() => device.range.max),
    maxincrement: reads(() => 40),
    stepsize: reads(() => device.stepUm),
    tempcompavailable: reads(() => true),
    tempcomp: {
      ...reads(() => tempComp),
      ...acts((given) => (tempComp = given.flag('TempComp')), { TempComp: 'boolean' }),
    },
    temperature: reads(async () => (await state()).temperatureC),
    position: reads(async () => (await state()).position),
    ismoving: reads(async () => (await state()).moving),
    move: acts(
      (given) => {
        if (tempComp) throw new AlpacaFault(faults.invalidOperation, 'temperature compensation is on');
        return moving.begin((command) => device.moveTo(given.number('Position'), command));
      },
      { Position: 'integer' },
    ),
    halt: acts(() => {
      moving.end();
      return new UnderWay().begin((command) => device.stop(command));
    }),
  };
}

export function rotator(device: SimulatedRotator): Members {
  const turning = new UnderWay();
  const state = async () => (await device.read()).value;
  return {
    canreverse: reads(() => false),
    position: reads(async () => (await state()).angleDeg),
    mechanicalposition: reads(async () => (await state()).mechanicalDeg),
    ismoving: reads(async () => (await state()).moving),
    moveabsolute: acts((given) => turning.begin((command) => device.rotateTo(given.number('Position'), command)), {
      Position: 'number',
    }),
    sync: acts((given) => turning.begin((command) => device.sync(given.number('Position'), command)), {
      Position: 'number',
    }),
    halt: acts(() => {
      turning.end();
      return new UnderWay().begin((command) => device.stop(command));
    }),
  };
}

export function coverCalibrator(panel: SimulatedFlatPanel): Members {
  const moving = new UnderWay();
  const maxBrightness = 255;
  const state = async () => (await panel.read()).value;
  const shine = (brightness: number) =>
    new UnderWay().begin((command) => panel.illuminate(brightness / maxBrightness, command));
  return {
    maxbrightness: reads(() => maxBrightness),
    coverstate: reads(async () => ({ absent: 0, closed: 1, moving: 2, open: 3, unknown: 4 })[(await state()).cover]),
    calibratorstate: reads(async () => ((await state()).brightness > 0 ? 3 : 1)),
    brightness: reads(async () => Math.round((await state()).brightness * maxBrightness)),
    calibratoron: acts((given) => shine(given.number('Brightness')), { Brightness: 'integer' }),
    calibratoroff: acts(() => shine(0)),
    opencover: acts(() => moving.begin((command) => panel.moveCover('open', command))),
    closecover: acts(() => moving.begin((command) => panel.moveCover('closed', command))),
    haltcover: acts(() => moving.end()),
  };
}
