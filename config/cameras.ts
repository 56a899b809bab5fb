import type { KnownCamera } from '../pipeline/calibration/camera.ts';

/**
 * Cameras whose makers or owners published what turns a gain setting into electrons. The last resort before "unknown": a
 * site's own flats and biases, and its configuration, win over it. Gain in 0.1 dB a setting, so 200 settings a decade.
 */
export const knownCameras: readonly KnownCamera[] = [
  {
    pattern: 'ASI ?1600',
    bits: 12,
    eAtZeroGain: 5,
    settingsPerDecade: 200,
    validBelow: 600,
    source:
      'about 5 e-/ADU at gain 0 and 1 at 139, 12-bit converter: https://bbs.zwoastro.com/d/7616-asi1600mm-cool-saturation',
  },
  {
    pattern: 'ASI ?290',
    bits: 12,
    eAtZeroGain: 3.55,
    settingsPerDecade: 200,
    validBelow: 600,
    source:
      '12-bit converter, 1 e-/ADU at gain 110: https://bbs.zwoastro.com/d/8396-some-questions-about-gain-adu-offset-in-asi-290mm',
  },
  {
    pattern: 'ASI ?183',
    bits: 12,
    eAtZeroGain: 3.66,
    settingsPerDecade: 200,
    validBelow: 600,
    source:
      '12-bit converter, full well 15,000 e-: https://spaceimages.top/learning-to-know-my-zwo-asi-294-mc-pro-astro-cam/',
  },
  {
    pattern: 'ASI ?294MC',
    bits: 14,
    eAtZeroGain: 3.99,
    settingsPerDecade: 200,
    validBelow: 600,
    source:
      '14-bit converter, full well 63,700 e-: https://spaceimages.top/learning-to-know-my-zwo-asi-294-mc-pro-astro-cam/; 3.99 and 1.002 (gain 120) as programs write them',
  },
  {
    pattern: 'ASI ?2600',
    bits: 16,
    eAtZeroGain: 0.76,
    settingsPerDecade: 200,
    validBelow: 100,
    source:
      'about 0.76 e-/ADU at gain 0, another conversion from 100 on: https://bbs.zwoastro.com/d/10979-asi2600-gain-preset-ascom-driver',
  },
  {
    pattern: 'ASI ?6200',
    bits: 16,
    eAtZeroGain: 0.784,
    settingsPerDecade: 200,
    validBelow: 100,
    source:
      'full well 51,400 e- over 16 bits, another conversion from gain 100 on: https://www.stargazerwny.org/imaging-parameters',
  },
];
