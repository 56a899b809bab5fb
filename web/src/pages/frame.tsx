import type { FrameAnswer } from '../../../agent/api/shapes.ts';
import { FramePicture } from '../frame-picture.tsx';
import { useAnswer } from '../hooks.ts';
import { dateOfMjd, fileName, fixed, magnitude, share, utc } from '../words.ts';

/** One frame: its picture, what was measured, what to know of it. */
export function FramePage({ id }: { id: string }) {
  const { answer, trouble } = useAnswer<FrameAnswer>(`/api/v1/frames/${id}`);
  if (!answer) return <p>{trouble ?? 'Asking.'}</p>;
  const { frame, record, warnings, unreadable, parcels } = answer;
  return (
    <article>
      <h2>{fileName(frame.path)}</h2>
      <p>
        {frame.outcome ?? frame.state}
        {frame.reason === null ? '' : `: ${frame.reason}`} {frame.advice !== null && <strong>{frame.advice}</strong>}
      </p>
      {unreadable !== null && <p class="bad">{unreadable}</p>}
      <FramePicture answer={answer} />
      {warnings.length > 0 && (
        <section aria-labelledby="warnings">
          <h3 id="warnings">To know</h3>
          <ul>
            {warnings.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </section>
      )}
      {frame.targets.length > 0 && (
        <section aria-labelledby="frame-targets">
          <h3 id="frame-targets">Targets</h3>
          <ul>
            {frame.targets.map(({ name, verdict, mag, magErr, limit }) => (
              <li key={name}>
                <a href={`#/targets/${encodeURIComponent(name)}`}>{name}</a>: {verdict}
                {mag === null ? '' : `, ${magnitude(mag, magErr)} ${frame.band ?? ''}`}
                {limit === null ? '' : `, fainter than ${limit.toFixed(2)} ${frame.band ?? ''}`}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="facts">
        <h3 id="facts">Facts</h3>
        <dl>
          <Fact name="File">{frame.path}</Fact>
          <Fact name="Instrument">{frame.instrument}</Fact>
          <Fact name="Written">{utc(frame.mtimeMs)}</Fact>
          <Fact name="Object">{frame.object ?? '–'}</Fact>
          <Fact name="Filter">{frame.filter ?? '–'}</Fact>
          <Fact name="Exposure">{fixed(frame.exposureS, 1, ' s')}</Fact>
          {record && (
            <>
              <Fact name="Mid-exposure">
                {record.mjdMid == null
                  ? '–'
                  : `${dateOfMjd(record.mjdMid, true)} UTC (MJD ${record.mjdMid.toFixed(5)}), ${record.timeVerdict ?? ''}`}
              </Fact>
              <Fact name="Sources">{frame.nSources ?? '–'}</Fact>
              <Fact name="FWHM">
                {frame.fwhmArcsec === null ? fixed(frame.fwhmPx, 2, ' px') : fixed(frame.fwhmArcsec, 2, '″')}
              </Fact>
              <Fact name="Zero point">
                {frame.zeroPoint === null ? '–' : `${frame.zeroPoint.toFixed(3)} ${frame.band ?? ''}`}
              </Fact>
              <Fact name="Limit (S/N 5)">{fixed(frame.limitingMag, 2)}</Fact>
              <Fact name="Airmass">{fixed(frame.airmass, 2)}</Fact>
              <Fact name="Calibrated with">
                {(['bias', 'dark', 'flat'] as const).filter((kind) => record.masters[kind]).join(', ') ||
                  'no master frame'}
              </Fact>
              <Fact name="Located">
                {record.located.from === null
                  ? (record.located.reason ?? 'no')
                  : `by the ${record.located.from}${record.located.confirmed ? ', confirmed by stars' : ''}, rms ${fixed(record.located.rmsArcsec, 2, '″')} of ${record.located.nMatched ?? 0} stars`}
              </Fact>
              {record.planes.map(({ plane, skyE, skyRmsE, psf, transparency }) => (
                <Fact key={plane} name={record.planes.length === 1 ? 'PSF and sky' : `PSF and sky, ${plane}`}>
                  {psf
                    ? `${psf.model} of ${psf.nStars} stars, FWHM ${psf.fwhmRangePx.map((px) => fixed(px, 2)).join(' to ')} px over the plane, ellipticity ${fixed(psf.ellipticity, 2)}; `
                    : ''}
                  sky {fixed(skyE, 0)} ± {fixed(skyRmsE, 1)} e⁻
                  {transparency && `; ${share(transparency.share)} of the usual light arrived`}
                </Fact>
              ))}
              <Fact name="Detector">
                gain {fixed(record.gainEPerAdu, 3)} e⁻/ADU ({record.gainFrom ?? 'source not told'}), read noise{' '}
                {fixed(record.readNoiseE, 1)} e⁻, saturation {fixed(record.saturationAdu, 0)} ADU
              </Fact>
              <Fact name="Made by">
                {record.software || '–'}, configuration {record.configHash.slice(0, 12) || '–'}, stars{' '}
                {record.reference?.origin ?? 'none'}
              </Fact>
              <Fact name="File hash">{record.fileHash || '–'}</Fact>
              <Fact name="Exposure id">{record.exposureId}</Fact>
            </>
          )}
          <Fact name="Delivery">
            {parcels
              .map(
                ({ destination, state, lastError, verdict }) =>
                  `${destination}: ${state}${lastError ? ` (${lastError})` : ''}${verdict ? `, its verdict: ${verdict}` : ''}`,
              )
              .join('; ') || 'nothing of it goes to a destination'}
          </Fact>
        </dl>
      </section>
    </article>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
