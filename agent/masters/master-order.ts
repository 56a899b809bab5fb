import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { CalibrationFacts, MasterKind, MeasuredDetector, RejectedMember } from '../store/master.ts';
import type { MemberFile } from './members.ts';

/** A master in the library: its name and its file. */
export interface MasterFile {
  readonly id: string;
  readonly kind: MasterKind;
  readonly path: string;
}

/** What to build; plain data, so that it can travel to the reduction process. */
export interface MasterOrder {
  readonly kind: MasterKind;
  /** The one member is a master already: it is taken over instead of combined. */
  readonly adopt: boolean;
  readonly facts: CalibrationFacts;
  readonly members: readonly MemberFile[];
  /** For flats: what to subtract first. For a master that lacks its bias: what to give back. */
  readonly pedestal: MasterFile | undefined;
  /** For flats: two raw biases of the same setup, to measure the detector with. */
  readonly biases: readonly MemberFile[];
  readonly saturationAdu: number | undefined;
  readonly linearity: Linearity | undefined;
  readonly fewestMembers: number;
  readonly memoryBytes: number;
  /** The last good master of the same setup. */
  readonly predecessor: MasterFile | undefined;
  /** A later one that was kept aside: when the new one agrees with it, it was right. */
  readonly keptAside: MasterFile | undefined;
  readonly folder: string;
  readonly software: string;
}

export type MasterReply =
  | {
      readonly state: 'built';
      readonly id: string;
      readonly path: string;
      readonly nCombined: number;
      readonly noise: number;
      readonly rejected: readonly RejectedMember[];
      readonly clippedShare: number;
      readonly nBad: number;
      /** Why it is to be kept aside. */
      readonly doubt: string | null;
      /** The id of the one that was kept aside, when it is confirmed. */
      readonly confirms: string | null;
      readonly detector: MeasuredDetector | null;
      /** Who combined it, when it was taken over. */
      readonly adoptedFrom: string | null;
    }
  | { readonly state: 'refused'; readonly reason: string; readonly rejected: readonly RejectedMember[] };
