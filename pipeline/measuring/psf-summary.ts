import { moffatEllipse, moffatFwhm } from '../model/moffat.ts';
import type { Workspace } from '../model/workspace.ts';
import type { PsfSummary } from '../photometry/measurement.ts';
import type { PsfRecord } from '../psf/make.ts';
import { shapeOf } from '../psf/shape-fit.ts';

/** What is told of a PSF: its shape in the middle and its range over the plane. */
export function summarise(work: Workspace, record: PsfRecord): PsfSummary {
  const { plane } = work;
  const middle = shapeOf(record.field, plane.width / 2, plane.height / 2);
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let j = 0; j <= 4; j++) {
    for (let i = 0; i <= 4; i++) {
      const fwhm = moffatFwhm(shapeOf(record.field, (i * plane.width) / 4, (j * plane.height) / 4));
      low = Math.min(low, fwhm);
      high = Math.max(high, fwhm);
    }
  }
  return {
    model: record.residual === undefined ? 'moffat' : 'moffat+table',
    nStars: record.nStars,
    degree: record.field.degree,
    fwhmPx: work.psf!.fwhmPx,
    fwhmRangePx: [low, high],
    ...moffatEllipse(middle),
    beta: middle.beta,
    modelError: record.modelError,
  };
}
