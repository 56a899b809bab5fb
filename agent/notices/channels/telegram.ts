import type { NoticeChannel } from '../notice.ts';
import type { ChannelContext, ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';
import { postNotice } from './http.ts';

/** The longest text that it takes. */
const longestText = 4096;

/** A chat of Telegram, by a bot: https://core.telegram.org/bots/api#sendmessage */
export function openChannel(config: ConfigOf<'telegram'>, { http }: ChannelContext): NoticeChannel {
  const { id, url, chat, tokenFile, tokenEnv } = config;
  return {
    async send({ severity, title, text }, signal) {
      const token = secretOf(id, 'token', { file: tokenFile, env: tokenEnv });
      const body = {
        chat_id: chat,
        text: `${title}\n${text}`.slice(0, longestText),
        disable_notification: severity === 'info',
      };
      await postNotice(http, id, new URL(`/bot${token}/sendMessage`, url).href, undefined, body, signal);
    },
  };
}
