import type { Plane } from '../plane.ts';
import { type SipPolynomial, sipIndex } from './sip.ts';
import type { Wcs } from './wcs.ts';

/** The solution of a plane's own pixels, from that of the full mosaic that it is a part of. */
export function planeWcs(wcs: Wcs, { step, offsetX, offsetY }: Plane['mosaic']): Wcs {
  if (step === 1 && offsetX === 0 && offsetY === 0) return wcs;
  const [a, b, c, d] = wcs.cd;
  const { sip } = wcs;
  return {
    crvalDeg: wcs.crvalDeg,
    crpix: { x: (wcs.crpix.x - offsetX) / step, y: (wcs.crpix.y - offsetY) / step },
    cd: [a * step, b * step, c * step, d * step],
    // The fitted inverse is left away: other programs invert the distortion themselves.
    ...(sip && { sip: { a: scaled(sip.a, step), b: scaled(sip.b, step) } }),
  };
}

/** A polynomial of mosaic pixels, giving mosaic pixels, for plane pixels `step` times as large. */
function scaled({ order, coefficients }: SipPolynomial, step: number): SipPolynomial {
  const out = new Float64Array(coefficients.length);
  for (let p = 0; p <= order; p++) {
    for (let q = 0; p + q <= order; q++) out[sipIndex(p, q)] = coefficients[sipIndex(p, q)]! * step ** (p + q - 1);
  }
  return { order, coefficients: out };
}
