import { z } from 'zod';

/** What instruments, destinations and services are called by. */
export const identifier = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    'lower-case letters, digits and hyphens, at most 40, starting with a letter or digit',
  );
