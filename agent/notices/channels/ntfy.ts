import type { NoticeChannel } from '../notice.ts';
import type { ChannelContext, ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';
import { postNotice } from './http.ts';

const priorityOf = { info: 2, warning: 3, critical: 5 } as const;

/** ntfy, its public server or one of the site: https://docs.ntfy.sh/publish/#publish-as-json */
export function openChannel(config: ConfigOf<'ntfy'>, { http }: ChannelContext): NoticeChannel {
  const { id, url, topic, tokenFile, tokenEnv } = config;
  const hasToken = tokenFile !== undefined || tokenEnv !== undefined;
  return {
    send({ severity, title, text }, signal) {
      const token = hasToken ? `Bearer ${secretOf(id, 'token', { file: tokenFile, env: tokenEnv })}` : undefined;
      const body = { topic, title, message: text, priority: priorityOf[severity] };
      return postNotice(http, id, url, token, body, signal);
    },
  };
}
