import type { FrameWriter, ReductionWaiter, VisitStore } from '../../agent/observing/visit.ts';
import type { Order, Visit, VisitResult, WrittenFrame } from '../../agent/store/visit.ts';
import type { Clock } from '../../base/clock.ts';
import type {
  Camera,
  CameraFrame,
  CameraState,
  Command,
  ExposureOrder,
  PixelFrame,
  Reading,
} from '../../drivers/contract.ts';
import { busy, refused } from '../../drivers/errors.ts';
import { Presence } from '../../drivers/presence.ts';
import { type ObservingRequest, observingRequest } from '../../protocol/request.ts';

/** Visits as the database keeps them, through any number of lives of the program. */
export class VisitRows implements VisitStore {
  readonly rows: (Visit & { result: VisitResult | undefined; files: WrittenFrame[] })[] = [];

  claim(order: Order): Visit | undefined {
    const barred = this.rows.some(
      ({ order: other, result }) => other.request.id === order.request.id && result?.state !== 'ABORTED',
    );
    if (barred) return undefined;
    const id = `visit-${this.rows.length + 1}`;
    const visit = { id, order, step: 'claimed', exposuresBegun: 0, resumes: 0, result: undefined, files: [] } as const;
    this.rows.push({ ...visit, files: [] });
    return visit;
  }

  step(visitId: string, step: Visit['step']): void {
    this.#change(visitId, { step });
  }

  exposureBegun(visitId: string): void {
    this.#change(visitId, { exposuresBegun: this.#row(visitId).exposuresBegun + 1 });
  }

  frameWritten(visitId: string, frame: WrittenFrame): void {
    const files = this.#row(visitId).files.filter(({ number }) => number !== frame.number);
    this.#change(visitId, { files: [...files, frame] });
  }

  resumed(visitId: string): void {
    this.#change(visitId, { resumes: this.#row(visitId).resumes + 1 });
  }

  end(result: VisitResult): void {
    if (this.#row(result.visitId).result) throw new Error(`${result.visitId} ended twice`);
    this.#change(result.visitId, { result });
  }

  faults(order: Order): number {
    return this.rows.filter((row) => row.order.request.id === order.request.id && row.result?.fault !== undefined)
      .length;
  }

  open(): Visit[] {
    return this.rows.filter(({ result }) => result === undefined);
  }

  #row(visitId: string) {
    const row = this.rows.find(({ id }) => id === visitId);
    if (!row) throw new Error(`no visit ${visitId}`);
    return row;
  }

  #change(visitId: string, changes: Partial<VisitRows['rows'][number]>): void {
    this.rows[this.rows.indexOf(this.#row(visitId))] = { ...this.#row(visitId), ...changes };
  }
}

/** The watched folder: a list of file names, and how often each was written. */
export class FolderOfFrames implements FrameWriter {
  readonly writes: (WrittenFrame & { visitId: string; startMs: number })[] = [];

  async write(visit: Visit, planned: { number: number }, frame: CameraFrame): Promise<WrittenFrame> {
    const { number } = planned;
    const written = {
      number,
      file: `${visit.id}-${number}.fits`,
      exposureId: `${visit.id}-${number}-${frame.startMs}`,
    };
    this.writes.push({ ...written, visitId: visit.id, startMs: frame.startMs });
    return written;
  }

  async written(visit: Visit): Promise<WrittenFrame[]> {
    return this.writes
      .filter(({ visitId }) => visitId === visit.id)
      .map(({ number, file, exposureId }) => ({ number, file, exposureId }));
  }
}

/** A reduction that takes half a minute. */
export function reductionsAfter(ms: number, clock: Clock): ReductionWaiter {
  return {
    async wait(_visit, frames, signal) {
      await clock.sleep(ms, signal);
      return frames.map(() => ({ state: 'measured' }));
    },
  };
}

/** A camera without a sky: its frames are empty, its time is the clock's. */
export class PlainCamera implements Camera {
  readonly id = 'plain';
  readonly name = 'The camera';
  readonly presence = new Presence('The camera');
  readonly sensor = { widthPx: 2, heightPx: 2, pixelSizeUm: undefined, bitDepth: 16, bayer: undefined };
  readonly abilities = {
    binnings: [1],
    exposureS: undefined,
    gain: undefined,
    offset: undefined,
    readoutModes: [],
    canSubframe: false,
    coolingC: undefined,
    canRamp: false,
  };
  readonly #clock: Clock;
  #activity: CameraState['activity'] = 'idle';
  exposures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get present(): boolean {
    return this.presence.present;
  }

  on: Camera['on'] = (name, listener) => this.presence.on(name, listener);

  async read(): Promise<Reading<CameraState>> {
    const unset = { temperatureC: undefined, cooler: undefined, gain: undefined, offset: undefined };
    return { value: { activity: this.#activity, ...unset, readoutMode: undefined }, atMs: this.#clock.nowMs() };
  }

  async cool(): Promise<void> {
    throw refused(this.name, 'it has no cooler');
  }

  async warm(): Promise<void> {
    throw refused(this.name, 'it has no cooler');
  }

  async expose(order: ExposureOrder, command: Command): Promise<PixelFrame> {
    if (this.#activity !== 'idle') throw busy('The camera', this.#activity);
    this.#activity = 'exposing';
    this.exposures++;
    const startMs = this.#clock.nowMs();
    try {
      await this.#clock.sleep(order.exposureS * 1000, command.signal);
    } finally {
      this.#activity = 'idle';
    }
    const facts = {
      camera: 'Plain',
      binning: 1,
      pixelSizeUm: undefined,
      gainEPerAdu: undefined,
      readNoiseE: undefined,
      saturationAdu: undefined,
      temperatureC: undefined,
      bayer: undefined,
    };
    return { form: 'pixels', adu: new Uint16Array(4), width: 2, height: 2, startMs, exposureS: order.exposureS, facts };
  }
}

/** The same device, but for some of its methods. */
export function changed<Of extends object>(device: Of, changes: Partial<Of>): Of {
  return new Proxy(device, {
    get(target, name) {
      const value: unknown = Reflect.get(name in changes ? changes : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A request for the whole of a night, of three frames in two filters. */
export function requestFor(changes: Partial<ObservingRequest> = {}): ObservingRequest {
  return observingRequest.parse({
    id: 'request-1',
    name: 'A light curve',
    target: { name: 'Target', raDeg: 31, decDeg: 46.8 },
    instrumentConfigs: [
      { filter: 'V', exposureS: 60, exposureCount: 2 },
      { filter: 'clear', exposureS: 30 },
    ],
    windows: [{ start: '2026-11-22T15:00:00Z', end: '2026-11-23T06:00:00Z' }],
    ...changes,
  });
}
