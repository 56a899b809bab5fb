import { access, constants, realpath, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { headerOverridesOf } from '../../config/instrument.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { isWithin } from '../intake/folders.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';
import { frameInWords } from './frame-in-words.ts';
import { newestFrames, readFrameFile } from './newest-frames.ts';

export interface FolderQuestion {
  readonly config: Pick<Config, 'instruments' | 'dataDir' | 'intake'>;
  readonly clock: Clock;
}

export interface FoldersLookedAt {
  readonly findings: readonly Finding[];
  /** The newest light frames that could be read, newest first. */
  readonly lights: readonly FrameFacts[];
}

const framesShown = 5;
/** A folder that gives no answer for so long hangs; a walk through a large one is ended. */
const answerMs = 10_000;
const walkMs = 20_000;

/** Looks into each watched folder: whether it is there and can be read, and what its newest files are taken for. */
export async function folderFindings({ config, clock }: FolderQuestion): Promise<FoldersLookedAt> {
  const findings: Finding[] = [];
  const lights: { facts: FrameFacts; mtimeMs: number }[] = [];
  for (const instrument of config.instruments) {
    for (const folder of instrument.folders) {
      const obstacle = await folderObstacle(folder, config.dataDir, instrument);
      if (obstacle) findings.push(obstacle);
      else await lookInto(folder, instrument);
    }
  }
  return { findings, lights: lights.sort((a, b) => b.mtimeMs - a.mtimeMs).map(({ facts }) => facts) };

  async function lookInto(folder: string, instrument: InstrumentConfig): Promise<void> {
    const nowMs = clock.nowMs();
    const excluded = [await realpath(config.dataDir).catch(() => config.dataDir)];
    const signal = AbortSignal.timeout(walkMs);
    const found = await newestFrames(folder, { count: framesShown, excluded, nowMs, signal });
    findings.push(folderFinding(folder, instrument, found));
    for (const reason of found.unreadable)
      findings.push(
        doubtful(
          'folder',
          folder,
          `cannot look into ${reason}`,
          'Let the account that runs bhtom-edge read it, or move it elsewhere.',
        ),
      );
    for (const { path, mtimeMs } of found.newest) {
      const maxFileBytes = config.intake.maxFileMb * 1048576;
      const read = await readFrameFile(path, folder, headerOverridesOf(instrument.header), maxFileBytes);
      if (read.kind === 'identified' && read.identity.kind === 'light')
        lights.push({ facts: read.identity.facts, mtimeMs });
      findings.push(frameFinding(path, read));
    }
  }
}

async function folderObstacle(folder: string, dataDir: string, { id }: InstrumentConfig): Promise<Finding | undefined> {
  const late = AbortSignal.timeout(answerMs);
  try {
    const found = await untilAborted(stat(folder), late);
    if (!found.isDirectory())
      return wrong('folder', folder, `it is no folder`, `Correct instruments.folders of "${id}".`);
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (late.aborted)
      return wrong(
        'folder',
        folder,
        `no answer in ${answerMs / 1000} s`,
        'Its network share hangs: mount it again, or look at the server.',
      );
    const code = (error as { code?: unknown }).code;
    if (code === 'EACCES' || code === 'EPERM')
      return wrong('folder', folder, 'permission denied', 'Let the account that runs bhtom-edge read and enter it.');
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return wrong('folder', folder, 'it is not there', `Correct instruments.folders of "${id}", or mount the disk.`);
    return wrong('folder', folder, describeError(error), 'Look at the disk or the network share.');
  }
  if (isWithin(folder, dataDir))
    return wrong(
      'folder',
      folder,
      `it lies inside dataDir (${dataDir})`,
      'Move one of them: own files could not be told from frames.',
    );
  return undefined;
}

function folderFinding(
  folder: string,
  { id }: InstrumentConfig,
  { nFrames, isComplete }: { readonly nFrames: number; readonly isComplete: boolean },
): Finding {
  if (nFrames === 0 && isComplete)
    return doubtful(
      'folder',
      folder,
      'it can be read and holds no frames (FITS or XISF)',
      `Is it where the camera program of "${id}" saves? Let it save raw frames as FITS.`,
    );
  const more = isComplete ? '' : ' so far (it is large, and not all was looked at)';
  return well('folder', folder, `it can be read and holds ${nFrames} frames${more}`);
}

function frameFinding(path: string, read: Awaited<ReturnType<typeof readFrameFile>>): Finding {
  switch (read.kind) {
    case 'identified': {
      const { facts } = read.identity;
      const words = frameInWords(facts);
      const doubts = [
        ...(facts.kind.value === 'light' && facts.time.verdict !== 'good' ? facts.time.reasons : []),
        ...facts.warnings,
      ];
      if (doubts.length === 0) return well('frame', path, words);
      return doubtful(
        'frame',
        path,
        `${words}; ${doubts.join('; ')}`,
        'Mend the settings of the camera program, or state it under `header` of the instrument.',
      );
    }
    case 'rejected':
      return doubtful(
        'frame',
        path,
        read.reason,
        'Save raw frames as FITS; what cannot be measured is told here and kept out.',
      );
    case 'gone':
      return well('frame', path, 'it was moved away meanwhile');
    default:
      return doubtful('frame', path, read.reason, 'It is looked at again when it is whole.');
  }
}
