/** A combined calibration frame, ready to be applied. */
export interface Master {
  readonly kind: 'bias' | 'dark' | 'flat' | 'flat-dark';
  readonly width: number;
  readonly height: number;
  /** ADU for bias and darks (bias included); for flats relative response, mean 1 (each Bayer plane for itself). */
  readonly pixels: Float32Array;
  /** How many frames went in. */
  readonly nCombined: number;
  /** Typical rms error of one pixel of the master: ADU, for flats relative. */
  readonly noise: number;
  /** Exposure of the frames that went in, seconds (0 for bias). */
  readonly exposureS: number;
  readonly sensorTemperatureC: number | undefined;
  readonly filter: string | undefined;
  /** Names this very master in every product: a hash of its members and of how they were combined. */
  readonly id: string;
  /** One where the pixel cannot be used (hot, dead, unstable), on the frame's own grid. */
  readonly bad?: Uint8Array;
}

/** The masters chosen for one frame. */
export interface MasterSet {
  readonly bias?: Master;
  readonly dark?: Master;
  readonly flat?: Master;
}

/** How far beyond its own exposure a dark may be scaled. */
export const largestDarkScale = 3;
