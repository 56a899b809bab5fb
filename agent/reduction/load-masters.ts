import { basename } from 'node:path';
import { describeError } from '../../base/errors.ts';
import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { Master, MasterSet } from '../../pipeline/calibration/master.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { type GivenFiles, type GivenMasters, openGiven } from '../masters/given.ts';
import { readMaster } from '../masters/master-file.ts';
import type { MasterFile } from '../masters/master-order.ts';
import { calibrationFactsOf } from '../masters/setup.ts';
import type { CalibrationFacts, MeasuredDetector } from '../store/master.ts';

/**
 * The calibration frames of a job: masters that the library chose for this very frame, or files that a person named for
 * all frames, raw or combined.
 */
export type MasterFiles =
  | { readonly how: 'chosen'; readonly files: readonly MasterFile[]; readonly warnings: readonly string[] }
  | {
      readonly how: 'given';
      readonly files: GivenFiles;
      readonly saturationAdu: number | undefined;
      readonly linearity: Linearity | undefined;
    };

export interface LoadedMasters {
  readonly set: MasterSet;
  readonly ids: readonly string[];
  /** What raw flats and biases that were given told of the detector. */
  readonly detector: MeasuredDetector | undefined;
  /** What every product must say of them. */
  readonly warnings: readonly string[];
}

/** The masters of the last frame, one a kind: the next frame nearly always needs the same. */
const lastMasters = new Map<Master['kind'], Master>();
/** The files that were named for this run. */
let opened: { readonly key: string; readonly choose: (frame: CalibrationFacts) => Promise<GivenMasters> } | undefined;

/** Reads the masters of a job. One that cannot be read is left out, and said so. */
export async function loadMasters(
  masters: MasterFiles,
  facts: FrameFacts,
  mtimeMs: number,
  overrides: HeaderOverrides = {},
): Promise<LoadedMasters> {
  if (masters.how === 'given') {
    const found = await chooseGiven(masters, overrides, calibrationFactsOf(facts, mtimeMs));
    return loaded(found.masters, found.warnings, found.detector);
  }
  const found: Master[] = [];
  const warnings = [...masters.warnings];
  for (const { kind, id, path } of masters.files) {
    try {
      const last = lastMasters.get(kind);
      const master = last?.id === id ? last : await readMaster(path, kind, id);
      lastMasters.set(kind, master);
      found.push(master);
    } catch (error) {
      warnings.push(`the master ${kind} ${basename(path)} could not be read and was not used: ${describeError(error)}`);
    }
  }
  return loaded(found, warnings);
}

async function chooseGiven(
  { files, saturationAdu, linearity }: Extract<MasterFiles, { how: 'given' }>,
  overrides: HeaderOverrides,
  frame: CalibrationFacts,
): Promise<GivenMasters> {
  const key = JSON.stringify([files, saturationAdu, linearity, overrides]);
  if (opened?.key !== key) opened = { key, choose: await openGiven(files, { saturationAdu, linearity, overrides }) };
  return opened.choose(frame);
}

function loaded(masters: readonly Master[], warnings: readonly string[], detector?: MeasuredDetector): LoadedMasters {
  const set: MasterSet = Object.fromEntries(masters.map((master) => [master.kind, master]));
  return { set, ids: masters.map(({ id }) => id), detector, warnings };
}
