import { TellOperator } from '../../../base/errors.ts';
import type { Notice, NoticeChannel } from '../notice.ts';
import type { ChannelContext, ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';
import { postNotice } from './http.ts';

/** Any service that takes JSON at an address of its own: Discord, Slack, Home Assistant, a script of the site. */
export function openChannel(config: ConfigOf<'webhook'>, { http }: ChannelContext): NoticeChannel {
  const { id, urlFile, body } = config;
  filled(id, body, { severity: 'info', title: '', text: '', site: '', atMs: 0 }); // a wrong template is told at the start
  return {
    async send(notice, signal) {
      const url = secretOf(id, 'address', { file: urlFile });
      if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
        throw new TellOperator('NOTICE_ADDRESS', `Notice channel "${id}": ${urlFile} holds no http address.`);
      }
      await postNotice(http, id, url, undefined, filled(id, body, notice), signal);
    },
  };
}

/** The template with the notice's words in it, as JSON. */
function filled(id: string, template: string, { severity, title, text, site, atMs }: Notice): object {
  const words: Readonly<Record<string, string>> = { severity, title, text, site, at: new Date(atMs).toISOString() };
  const json = template.replace(/\{(severity|title|text|site|at)\}/g, (_, word: string) =>
    JSON.stringify(words[word]).slice(1, -1),
  );
  try {
    const body: unknown = JSON.parse(json);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // told below, as what is JSON and no object
  }
  throw new TellOperator('NOTICE_TEMPLATE', `Notice channel "${id}": its body is no JSON object: ${template}`);
}
