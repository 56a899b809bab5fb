/** What the watchdog writes to stderr before it ends a process that is over its memory; `process.ts` looks for it. */
export const memoryMarker = 'bhtom-edge: over the memory bound';
