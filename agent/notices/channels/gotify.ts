import type { NoticeChannel } from '../notice.ts';
import type { ChannelContext, ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';
import { postNotice } from './http.ts';

const priorityOf = { info: 2, warning: 5, critical: 9 } as const;

/** A Gotify server, by the token of an application: https://gotify.net/docs/pushmsg */
export function openChannel(config: ConfigOf<'gotify'>, { http }: ChannelContext): NoticeChannel {
  const { id, url, tokenFile, tokenEnv } = config;
  return {
    async send({ severity, title, text }, signal) {
      const token = `Bearer ${secretOf(id, 'token', { file: tokenFile, env: tokenEnv })}`;
      const body = { title, message: text, priority: priorityOf[severity] };
      await postNotice(http, id, new URL('message', withSlash(url)).href, token, body, signal);
    },
  };
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
