import pino, { type Logger, type LoggerOptions } from 'pino';
import pretty from 'pino-pretty';
import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { LineLimit } from './line-limit.ts';

export type { Logger };

/**
 * The log: one line an event that matters, with frame, target and duration in named fields. People get a readable
 * line in a terminal, programs JSON. It goes to stderr, so that stdout stays free for results. No loop can flood it: lines
 * with the same message are limited, and those left out are counted.
 */
export function makeLog(options: Config['log'], terminal: boolean, clock: Clock): Logger {
  const limit = new LineLimit(clock);
  const readable = options.format === 'pretty' || (options.format === 'auto' && terminal);
  const settings = {
    level: options.level,
    base: null,
    redact: ['token', '*.token', 'headers.authorization', '*.authorization'],
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { logMethod: limited(limit) },
  };
  return readable
    ? pino(
        settings,
        pretty({ destination: 2, colorize: terminal, translateTime: 'HH:MM:ss', ignore: 'pid,hostname', sync: true }),
      )
    : pino(settings, pino.destination({ dest: 2, sync: true }));
}

/** Lets each line pass the limit. */
export function limited(limit: LineLimit): NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> {
  return function (args, method) {
    for (const leftOut of limit.leftOut())
      this.warn(leftOut, 'lines were left out of the log: too many with the same message');
    const message = args.find((arg) => typeof arg === 'string') ?? '';
    if (limit.admits(message)) method.apply(this, args);
  };
}
