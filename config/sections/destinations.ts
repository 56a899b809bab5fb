import { z } from 'zod';
import { identifier } from './words.ts';

const secret = {
  tokenFile: z.string().min(1).optional().describe('A file that holds the token and nothing else.'),
  tokenEnv: z.string().min(1).optional().describe('The environment variable that holds the token.'),
};

const oneSecret = [
  (d: { readonly tokenFile?: string | undefined; readonly tokenEnv?: string | undefined }) =>
    (d.tokenFile === undefined) !== (d.tokenEnv === undefined),
  { message: 'give exactly one of tokenFile and tokenEnv', path: ['tokenFile'] },
] satisfies [unknown, unknown];

export const hubDestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('hub'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the hub, for example https://hub.example.org.'),
    ...secret,
    requests: z.boolean().default(true).describe('Take observing requests from this hub.'),
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
  })
  .refine(...oneSecret);
export type HubDestinationConfig = z.infer<typeof hubDestinationSchema>;

export const bhtom2DestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('bhtom2'),
    url: z
      .url({ protocol: /^https?$/ })
      .default('https://bh-tom2.astrouw.edu.pl')
      .describe('Address of BHTOM.'),
    ...secret,
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
    minImportance: z.number().min(0).max(10).default(0).describe('Only targets of at least this importance.'),
  })
  .refine(...oneSecret)
  .describe('An account at BHTOM; targets and their light curves are read from it.');
export type Bhtom2DestinationConfig = z.infer<typeof bhtom2DestinationSchema>;

export const destinationSchema = z.discriminatedUnion('kind', [hubDestinationSchema, bhtom2DestinationSchema]);
export type DestinationConfig = z.infer<typeof destinationSchema>;
