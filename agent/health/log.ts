import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../../config/schema.ts';

export type { Logger };

/**
 * The log: one line an event that matters, with frame, target and duration in named fields. People get a readable
 * line in a terminal, programs JSON. It goes to stderr, so that stdout stays free for results.
 */
export function makeLog(options: Config['log'], terminal: boolean): Logger {
  const readable = options.format === 'pretty' || (options.format === 'auto' && terminal);
  const settings = {
    level: options.level,
    base: null,
    redact: ['token', '*.token', 'headers.authorization', '*.authorization'],
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return readable
    ? pino(
        settings,
        pretty({ destination: 2, colorize: terminal, translateTime: 'HH:MM:ss', ignore: 'pid,hostname', sync: true }),
      )
    : pino(settings, pino.destination({ dest: 2, sync: true }));
}
