import type { CalibrationFacts } from '../../agent/store/master.ts';

/** Facts of a frame of an ordinary cooled camera, with changes of your own. */
export function calibrationFacts(changes: Partial<CalibrationFacts> = {}): CalibrationFacts {
  return {
    setup: {
      camera: 'Test Camera',
      gainSetting: 100,
      offsetSetting: 50,
      binning: '1x1',
      readoutMode: null,
      bayer: null,
      subframe: null,
      widthPx: 100,
      heightPx: 80,
    },
    exposureS: 60,
    temperatureC: -10,
    filter: 'V',
    rotatorDeg: null,
    takenMs: Date.UTC(2026, 10, 22),
    ...changes,
  };
}
