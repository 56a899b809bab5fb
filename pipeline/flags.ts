/**
 * Flags of a source, a sum of bits. The first eight are source-extractor's (Bertin & Arnouts 1996, manual section
 * "flagging"), so that every program of the field reads them; ours start at 256.
 */
export const SourceFlag = {
  /** Neighbours bright and close enough to bias aperture photometry, or bad pixels in more than a tenth of it. */
  crowded: 1,
  /** Overlaps another source: its fit shares pixels with a neighbour that gives over a tenth of its light there. */
  blended: 2,
  /** At least one pixel of the core is saturated; no flux is given. */
  saturated: 4,
  /** Cut by the edge of the image. */
  truncated: 8,
  /** Aperture data incomplete. */
  apertureIncomplete: 16,
  /** A bad, hot or masked pixel inside the fit. */
  badPixel: 256,
  /** A cosmic ray inside the fit. */
  cosmicRay: 512,
  /** In the wings, spikes or bleed of a saturated star. */
  nearSaturated: 1024,
  /** The fit did not converge. */
  notConverged: 2048,
  /** Broader than the PSF: a galaxy, a nebula or an unresolved pair. */
  extended: 4096,
  /** Sharper than the PSF can be: a hot pixel or a cosmic ray. */
  tooSharp: 8192,
  /** Measured at a given position, not detected. */
  forced: 16384,
  /** Measured with a fallback (analytic PSF only, or aperture only): see the frame's record. */
  fallback: 32768,
  /** The planes of a colour camera disagree on its position: measured at this plane's own. */
  apart: 65536,
} as const;

/** Measurements with one of these flags compare nothing: neither a zero point nor another star may rest on them. */
export const UNCLEAN =
  SourceFlag.saturated |
  SourceFlag.truncated |
  SourceFlag.badPixel |
  SourceFlag.cosmicRay |
  SourceFlag.nearSaturated |
  SourceFlag.notConverged |
  SourceFlag.extended |
  SourceFlag.tooSharp;
