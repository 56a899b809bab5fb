import { z } from 'zod';

export const pageSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen at. Anything wider than this computer needs a tokenFile.'),
    port: z
      .int()
      .min(0)
      .max(65535)
      .optional()
      .describe('Port; 8642 where absent, or any free one when that is in use. 0 takes any free one.'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A file that holds the password of the page and nothing else; the browser asks for it, any user name will do.',
      ),
    names: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Names by which browsers may call this computer, such as edge.local; localhost and addresses always may.',
      ),
  })
  .refine(({ host, tokenFile }) => tokenFile !== undefined || isLoopback(host), {
    message: 'a page that others can reach needs a tokenFile',
    path: ['tokenFile'],
  })
  .describe('The page for the browser, and the API behind it.');
export type PageConfig = z.infer<typeof pageSchema>;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
