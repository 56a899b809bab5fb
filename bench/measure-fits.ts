/**
 * Measures one FITS image and writes a plain table: node bench/measure-fits.ts IN.fits OUT.csv [--threads N]
 * [--gain E_PER_ADU] [--saturation ADU] [--pedestal-known] [--artificial] [--all] [--positions XY.csv]
 * The gain (e-/ADU) and SATURATE come from the header unless given. Development and judging only; `bhtom-edge reduce`
 * is the product's way.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { threadedCrew } from '../agent/reduction/threads.ts';
import { openFile } from '../base/file-bytes.ts';
import { sharedUint8 } from '../pipeline/crew.ts';
import { readHdus } from '../pipeline/fits/hdu.ts';
import { decodeImage } from '../pipeline/fits/image.ts';
import { measurePlane } from '../pipeline/measure.ts';
import { MaskBit, type Plane } from '../pipeline/plane.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    gain: { type: 'string' },
    saturation: { type: 'string' },
    'pedestal-known': { type: 'boolean', default: false },
    artificial: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    positions: { type: 'string' },
  },
});
const [input, output] = positionals;
if (input === undefined || output === undefined) throw new Error('usage: measure-fits.ts IN.fits OUT.csv');

const started = performance.now();
const crew = threadedCrew(Number(values.threads));
const file = await openFile(input);
const hdus = await readHdus(file);
const hdu = hdus[0]!;
const image = await decodeImage(file, hdu);
await file.close();
const gain = Number(values.gain ?? hdu.header.number('GAIN') ?? 1);
const saturation = Number(values.saturation ?? hdu.header.number('SATURATE') ?? Number.POSITIVE_INFINITY);
const { width, height, pixels } = image;
const mask = sharedUint8(width * height);
for (let p = 0; p < pixels.length; p++) {
  if (Number.isNaN(pixels[p])) {
    pixels[p] = 0;
    mask[p] = MaskBit.invalid;
  } else pixels[p]! *= gain;
}
const plane: Plane = {
  name: 'mono',
  width,
  height,
  electrons: pixels,
  mask,
  noise: {
    gainEPerAdu: gain,
    gainKnown: values.gain !== undefined || hdu.header.number('GAIN') !== undefined,
    readNoiseE: hdu.header.number('RDNOISE'),
    pedestalKnown: values['pedestal-known'],
    flatError: 0,
    saturationE: 0.97 * saturation * gain,
  },
  mosaic: { step: 1, offsetX: 0, offsetY: 0 },
};
const positions =
  values.positions === undefined
    ? []
    : readFileSync(values.positions, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(',').map(Number))
        .map(([x, y]) => ({ x: x!, y: y! }));
const read = performance.now();
const result = await measurePlane(
  plane,
  { positions, artificialStars: values.artificial, nowMs: () => performance.now() },
  crew,
);
const lines = ['# base=0', 'x,y,flux,flux_err,chi2,sharp,flags,fracflux,aper_flux,aper_flux_err'];
const t = result.sources;
for (const m of result.forced) {
  lines.push([m.x, m.y, m.flux, m.fluxErr, m.chi2, 0, m.flags, m.fracFlux, m.flux, m.fluxErr].join(','));
}
const same = 0.6 * (result.psf?.fwhmPx ?? 0);
for (let i = 0; i < t.count; i++) {
  if (positions.some((p) => Math.hypot(p.x - t.x[i]!, p.y - t.y[i]!) < same)) continue;
  if (!values.all && !(t.flux[i]! > 0)) continue;
  lines.push(
    [
      t.x[i]!.toFixed(4),
      t.y[i]!.toFixed(4),
      t.flux[i]!.toFixed(3),
      t.fluxErr[i]!.toFixed(4),
      t.chi2[i]!.toFixed(3),
      t.sharp[i]!.toFixed(4),
      t.flags[i],
      t.fracFlux[i]!.toFixed(3),
      t.aperFlux[i]!.toFixed(3),
      t.aperFluxErr[i]!.toFixed(3),
    ].join(','),
  );
}
writeFileSync(output, `${lines.join('\n')}\n`);
await crew.close();
if (values.verbose) {
  const { outcome, psf, skyE, skyRmsE, limitFluxE, thresholdSigma, timings, normalisation, warnings } = result;
  console.error({ outcome, psf, skyE, skyRmsE, limitFluxE, thresholdSigma, normalisation, warnings, n: t.count });
  console.error({ readMs: read - started, totalMs: performance.now() - started, ...Object.fromEntries(timings) });
}
