import type { NoticeChannelConfig } from '../../config/sections/notices.ts';
import type { HttpClient } from '../centres/http.ts';
import type { NoticeChannel } from './notice.ts';

type Kind = NoticeChannelConfig['kind'];
/** The configuration of a channel of one kind. */
export type ConfigOf<K extends Kind> = Extract<NoticeChannelConfig, { kind: K }>;

/** What channels are made of. */
export interface ChannelContext {
  readonly http: Pick<HttpClient, 'json'>;
}

type Opener<K extends Kind> = (config: ConfigOf<K>, context: ChannelContext) => NoticeChannel;

/** Every kind of channel there is: the one place that knows them. Its code is loaded only where it is configured. */
const kinds: { readonly [K in Kind]: () => Promise<{ readonly openChannel: Opener<K> }> } = {
  ntfy: () => import('./channels/ntfy.ts'),
  gotify: () => import('./channels/gotify.ts'),
  telegram: () => import('./channels/telegram.ts'),
  pushover: () => import('./channels/pushover.ts'),
  webhook: () => import('./channels/webhook.ts'),
  email: () => import('./channels/email.ts'),
  mqtt: () => import('./channels/mqtt.ts'),
};

/** The channel of a configuration. Nothing is sent yet. */
export async function openNoticeChannel<K extends Kind>(
  config: ConfigOf<K>,
  context: ChannelContext,
): Promise<NoticeChannel> {
  const { openChannel } = await kinds[config.kind as K]();
  return openChannel(config, context);
}
