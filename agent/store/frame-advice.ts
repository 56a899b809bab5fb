import type { Frame } from './frame.ts';

/** What the operator can do about a frame, in one sentence; undefined where nothing is to be done. */
export function frameAdvice({ state, reasonCode }: Pick<Frame, 'state' | 'reasonCode'>): string | undefined {
  if (state === 'failed') {
    return 'Mend what the reason names; a new version, a changed configuration, a new copy of the file or "bhtom-edge retry" try it again.';
  }
  if (state !== 'rejected') return undefined;
  switch (reasonCode) {
    case 'gone':
    case 'replaced':
      return 'Nothing: a file that comes back is taken up by itself.';
    case 'unreadable':
      return 'Let the account of the agent read the file; it is then taken up by itself.';
    case 'too-large':
      return 'Raise intake.maxFileMb and start the daemon again, if this is a frame.';
    default:
      return 'Change the file or the configuration and it is looked at again; "bhtom-edge retry" does so at once.';
  }
}
