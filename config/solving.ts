import type { SolvingConfig } from './schema.ts';

/** A program outside is killed after this. */
export const usualTimeoutS = 30;

/** How frames that our own solver cannot place are solved, where the configuration says nothing. */
export const usualSolving: SolvingConfig = { fallback: [], timeoutS: usualTimeoutS };

/** Every program outside that can be asked. */
export const anyFallback: SolvingConfig['fallback'] = [{ program: 'solve-field' }, { program: 'astap' }];
