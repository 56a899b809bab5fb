import { z } from 'zod';
import { identifier } from './words.ts';

const common = {
  id: identifier,
  from: z
    .enum(['warning', 'critical'])
    .default('critical')
    .describe('Told as soon as it is raised: alarms of this severity and above. The morning summary has all.'),
  summary: z.boolean().default(true).describe('Send the summary of the night in the morning.'),
};
const token = {
  tokenFile: z.string().min(1).optional().describe('A file that holds the token and nothing else.'),
  tokenEnv: z.string().min(1).optional().describe('The environment variable that holds the token.'),
};
const account = {
  user: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional().describe('A file that holds the password and nothing else.'),
};
const web = z.url({ protocol: /^https?$/ });

type Secrets = { readonly tokenFile?: string | undefined; readonly tokenEnv?: string | undefined };
const oneToken = [
  ({ tokenFile, tokenEnv }: Secrets) => (tokenFile === undefined) !== (tokenEnv === undefined),
  { message: 'give exactly one of tokenFile and tokenEnv', path: ['tokenFile'] },
] satisfies [unknown, unknown];
const pairedAccount = [
  (one: { readonly user?: string | undefined; readonly passwordFile?: string | undefined }) =>
    (one.user === undefined) === (one.passwordFile === undefined),
  { message: 'user and passwordFile belong together', path: ['user'] },
] satisfies [unknown, unknown];

const ntfy = z
  .strictObject({
    ...common,
    kind: z.literal('ntfy'),
    url: web.default('https://ntfy.sh').describe('The ntfy server; one on the local network works without internet.'),
    topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
    ...token,
  })
  .refine(({ tokenFile, tokenEnv }) => tokenFile === undefined || tokenEnv === undefined, oneToken[1]);
const gotify = z.strictObject({ ...common, kind: z.literal('gotify'), url: web, ...token }).refine(...oneToken);
const telegram = z
  .strictObject({
    ...common,
    kind: z.literal('telegram'),
    url: web.default('https://api.telegram.org'),
    chat: z.string().min(1).describe('The chat that the bot writes to, by its id or @name.'),
    ...token,
  })
  .refine(...oneToken);
const pushover = z
  .strictObject({
    ...common,
    kind: z.literal('pushover'),
    url: web.default('https://api.pushover.net'),
    user: z.string().min(1).describe('The user or group key.'),
    ...token,
  })
  .refine(...oneToken);
const webhook = z.strictObject({
  ...common,
  kind: z.literal('webhook'),
  urlFile: z.string().min(1).describe('A file that holds the address: whoever knows it may write there.'),
  body: z
    .string()
    .min(1)
    .default('{"site":"{site}","severity":"{severity}","title":"{title}","text":"{text}","at":"{at}"}')
    .describe(
      'The JSON to send; {title}, {text}, {site}, {severity}, {at} are filled in. For Discord: {"content":"{title}\\n{text}"}.',
    ),
});
const email = z
  .strictObject({
    ...common,
    kind: z.literal('email'),
    host: z.string().min(1).describe('The SMTP server.'),
    port: z.int().min(1).max(65535).default(587).describe('465: TLS from the start; others: TLS when it is offered.'),
    ...account,
    sender: z.email(),
    to: z.array(z.email()).min(1),
  })
  .refine(...pairedAccount);
const mqtt = z
  .strictObject({
    ...common,
    kind: z.literal('mqtt'),
    url: z.url({ protocol: /^(mqtts?|wss?)$/ }).describe('The broker, for example mqtt://10.0.0.2.'),
    topic: z
      .string()
      .regex(/^[^#+\0]{1,200}$/)
      .default('bhtom-edge/notices'),
    ...account,
  })
  .refine(...pairedAccount);

export const noticeChannelSchema = z.discriminatedUnion('kind', [
  ntfy,
  gotify,
  telegram,
  pushover,
  webhook,
  email,
  mqtt,
]);
export type NoticeChannelConfig = z.infer<typeof noticeChannelSchema>;

export const noticesSchema = z
  .strictObject({
    channels: z.array(noticeChannelSchema).default([]),
    remindEveryH: z
      .number()
      .min(0.25)
      .default(3)
      .describe('A critical alarm is told again so often until it is over, hours.'),
    silentNights: z
      .boolean()
      .default(true)
      .describe('A night in which no frame came is an alarm. Set to false where nights without observers are usual.'),
  })
  .describe('Who is told of alarms, and how.');
export type NoticesConfig = z.infer<typeof noticesSchema>;
