import { createTransport } from 'nodemailer';
import { describeError, RetryLater, TellOperator } from '../../../base/errors.ts';
import { untilAborted } from '../../../base/until-aborted.ts';
import type { NoticeChannel } from '../notice.ts';
import type { ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';

const silenceMs = 30_000;
const connectMs = 20_000;
const tlsPort = 465;

/** Mail by SMTP. */
export function openChannel(config: ConfigOf<'email'>): NoticeChannel {
  const { id, host, port, user, passwordFile, sender, to } = config;
  return {
    async send({ title, text }, signal) {
      const auth = user === undefined ? undefined : { user, pass: secretOf(id, 'password', { file: passwordFile }) };
      const times = { connectionTimeout: connectMs, greetingTimeout: connectMs, socketTimeout: silenceMs };
      const transport = createTransport({ host, port, secure: port === tlsPort, ...(auth && { auth }), ...times });
      try {
        await untilAborted(transport.sendMail({ from: sender, to, subject: title, text }), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        throw refusal(id, host, error);
      } finally {
        transport.close();
      }
    },
  };
}

/** What the server's answer means: 4xx may pass, 5xx and a refused account do not (RFC 5321, 4.2.1). */
function refusal(id: string, host: string, error: unknown): Error {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const words = `Notice channel "${id}": mail to ${host} failed: ${describeError(error)}`;
  const isRefused = code === 'EAUTH' || (responseCode !== undefined && responseCode >= 500);
  return isRefused
    ? new TellOperator('NOTICE_REFUSED', `${words}. Look at its account and its addresses.`, { cause: error })
    : new RetryLater('NOTICE_SERVICE', words, { cause: error });
}
