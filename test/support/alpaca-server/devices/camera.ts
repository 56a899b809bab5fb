import type { Clock } from '../../../../base/clock.ts';
import type { ExposureOrder } from '../../../../drivers/contract.ts';
import type { SimulatedCameraDevice, SimulatedFrame } from '../../../../drivers/simulator/camera.ts';
import { AlpacaFault, acts, faults, lacks, type Member, type Members, reads, UnderWay } from '../members.ts';
import type { Quirk } from '../quirks.ts';

export interface AlpacaTestCamera {
  readonly members: Members;
  /** The last image. @throws AlpacaFault without one */
  image(): SimulatedFrame;
}

/** A camera that keeps its settings and takes them together when an exposure starts. */
export function camera(device: SimulatedCameraDevice, clock: Clock, quirks: ReadonlySet<Quirk>): AlpacaTestCamera {
  const { sensor, abilities } = device;
  const exposing = new UnderWay();
  const settings = {
    BinX: 1,
    BinY: 1,
    StartX: 0,
    StartY: 0,
    NumX: sensor.widthPx,
    NumY: sensor.heightPx,
    Gain: 0,
    Offset: 100,
    ReadoutMode: 0,
  };
  let frame: SimulatedFrame | undefined;
  let setPointC = -15;
  let startedMs: number | undefined;
  const state = async () => (await device.read()).value;
  const setting = (name: keyof typeof settings): Member => ({
    ...reads(() => settings[name]),
    ...acts(
      (given) => {
        settings[name] = given.number(name);
      },
      { [name]: 'integer' },
    ),
  });
  const start = async (durationS: number, light: boolean) => {
    if ((await state()).activity !== 'idle') throw new AlpacaFault(faults.invalidOperation, 'the camera is exposing');
    const { BinX: binning, BinY, StartX, StartY, NumX, NumY, Gain, Offset, ReadoutMode } = settings;
    const [width, height] = [NumX * binning, NumY * binning];
    if (BinY !== binning || StartX * binning + width > sensor.widthPx || StartY * binning + height > sensor.heightPx)
      throw new AlpacaFault(faults.invalidValue, 'the chip has no such part');
    const order: ExposureOrder = {
      kind: light ? 'light' : durationS === 0 ? 'bias' : 'dark',
      exposureS: durationS,
      binning,
      gain: Gain,
      offset: Offset,
      readoutMode: abilities.readoutModes[ReadoutMode]!,
      subframe: { x: StartX * binning, y: StartY * binning, width, height },
    };
    if (quirks.has('a start says Ok and does nothing')) return;
    frame = undefined;
    await exposing.begin(async (command) => {
      startedMs = clock.nowMs();
      frame = await device.expose(order, command);
    });
  };
  const levels = (name: 'gain' | 'offset'): Members => ({
    [`${name}s`]: lacks(),
    [`${name}min`]: name === 'gain' && quirks.has('no gains') ? lacks() : reads(() => abilities[name].min),
    [`${name}max`]: name === 'gain' && quirks.has('no gains') ? lacks() : reads(() => abilities[name].max),
  });
  const modes = quirks.has('readout modes as objects')
    ? abilities.readoutModes.map((name) => ({ name, label: name.toUpperCase() }))
    : abilities.readoutModes;
  const members: Members = {
    sensorname: reads(() => 'simulated'),
    cameraxsize: reads(() => sensor.widthPx),
    cameraysize: reads(() => sensor.heightPx),
    pixelsizex: reads(() => sensor.pixelSizeUm),
    pixelsizey: reads(() => sensor.pixelSizeUm),
    maxadu: reads(() => 2 ** sensor.bitDepth! - 1),
    sensortype: reads(() => 0),
    bayeroffsetx: lacks(),
    bayeroffsety: lacks(),
    maxbinx: reads(() => Math.max(...abilities.binnings)),
    maxbiny: reads(() => Math.max(...abilities.binnings)),
    exposuremin: reads(() => abilities.exposureS.min),
    exposuremax: reads(() => abilities.exposureS.max),
    ...levels('gain'),
    ...levels('offset'),
    readoutmodes: reads(() => modes),
    binx: setting('BinX'),
    biny: setting('BinY'),
    startx: setting('StartX'),
    starty: setting('StartY'),
    numx: setting('NumX'),
    numy: setting('NumY'),
    gain: quirks.has('no gains') ? lacks() : setting('Gain'),
    offset: setting('Offset'),
    readoutmode: setting('ReadoutMode'),
    electronsperadu: reads(() => 1.5),
    fullwellcapacity: reads(() => 60_000),
    cansetccdtemperature: reads(() => true),
    canabortexposure: reads(() => true),
    canstopexposure: reads(() => false),
    camerastate: reads(async () => ({ idle: 0, exposing: 2, 'reading out': 3 })[(await state()).activity]),
    ccdtemperature: reads(async () => (await state()).temperatureC),
    coolerpower: reads(async () => (await state()).cooler?.powerPercent),
    setccdtemperature: {
      ...reads(() => setPointC),
      ...acts(
        (given) => {
          const wanted = given.number('SetCCDTemperature');
          if (wanted < abilities.coolingC.min || wanted > abilities.coolingC.max)
            throw new AlpacaFault(faults.invalidValue, 'the cooler does not reach that');
          setPointC = wanted;
        },
        { SetCCDTemperature: 'number' },
      ),
    },
    cooleron: {
      ...reads(async () => (await state()).cooler?.on),
      ...acts(
        (given) =>
          new UnderWay().begin((command) =>
            given.flag('CoolerOn') ? device.cool(setPointC, command) : device.warm(command),
          ),
        { CoolerOn: 'boolean' },
      ),
    },
    startexposure: acts((given) => start(given.number('Duration'), given.flag('Light')), {
      Duration: 'number',
      Light: 'boolean',
    }),
    abortexposure: acts(() => exposing.end()),
    imageready: reads(() => frame !== undefined && !quirks.has('image never ready')),
    lastexposureduration: reads(() => lastFrame().exposureS),
    lastexposurestarttime: quirks.has('no start time')
      ? lacks()
      : reads(() => {
          if (startedMs === undefined) throw new AlpacaFault(faults.invalidOperation, 'nothing was exposed yet');
          return new Date(startedMs).toISOString().replace('Z', '');
        }),
  };
  const lastFrame = () => {
    if (!frame) throw new AlpacaFault(faults.invalidOperation, 'there is no image');
    return frame;
  };
  return { members, image: lastFrame };
}
