import { z } from 'zod';

export const logSchema = z
  .strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('auto: readable in a terminal, else JSON.'),
  })
  .describe('The log, on stderr.');
