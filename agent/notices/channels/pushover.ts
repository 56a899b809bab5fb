import type { NoticeChannel } from '../notice.ts';
import type { ChannelContext, ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';
import { postNotice } from './http.ts';

const priorityOf = { info: -1, warning: 0, critical: 1 } as const;
/** The longest that it takes, in characters. */
const longest = { title: 250, message: 1024 };

/** Pushover: https://pushover.net/api#messages */
export function openChannel(config: ConfigOf<'pushover'>, { http }: ChannelContext): NoticeChannel {
  const { id, url, user, tokenFile, tokenEnv } = config;
  return {
    async send({ severity, title, text }, signal) {
      const body = {
        token: secretOf(id, 'token', { file: tokenFile, env: tokenEnv }),
        ...{ user, title: title.slice(0, longest.title), message: text.slice(0, longest.message) },
        priority: priorityOf[severity],
      };
      await postNotice(http, id, new URL('/1/messages.json', url).href, undefined, body, signal);
    },
  };
}
