import { connectAsync, type IClientOptions } from 'mqtt';
import { describeError, RetryLater, TellOperator } from '../../../base/errors.ts';
import { untilAborted } from '../../../base/until-aborted.ts';
import type { NoticeChannel } from '../notice.ts';
import type { ConfigOf } from '../registry.ts';
import { secretOf } from '../secret.ts';

const connectMs = 20_000;
/** Refusals of an account: MQTT 3.1.1, table 3.1, codes 4 and 5. */
const refusedCodes: ReadonlySet<unknown> = new Set([4, 5]);

/** An MQTT broker, at least once (quality of service 1). The connection is made for each notice: they are few. */
export function openChannel(config: ConfigOf<'mqtt'>): NoticeChannel {
  const { id, url, topic, user, passwordFile } = config;
  return {
    async send(notice, signal) {
      const options: IClientOptions = { connectTimeout: connectMs, reconnectPeriod: 0 };
      if (user !== undefined) {
        Object.assign(options, { username: user, password: secretOf(id, 'password', { file: passwordFile }) });
      }
      const { atMs, ...words } = notice;
      const payload = JSON.stringify({ ...words, at: new Date(atMs).toISOString() });
      const connecting = connectAsync(url, options, false);
      try {
        const client = await untilAborted(connecting, signal);
        // A connection that breaks shows in the publication, which then does not end.
        const { promise: broken, reject } = Promise.withResolvers<never>();
        client.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
        broken.catch(() => undefined); // heard below, while it matters
        await untilAborted(Promise.race([client.publishAsync(topic, payload, { qos: 1 }), broken]), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        const words = `Notice channel "${id}": the broker ${url} did not take it: ${describeError(error)}`;
        if (refusedCodes.has((error as { code?: unknown }).code)) {
          throw new TellOperator('NOTICE_REFUSED', `${words}. Look at its account.`, { cause: error });
        }
        throw new RetryLater('NOTICE_SERVICE', words, { cause: error });
      } finally {
        // Also one that is made after nobody waits for it any longer.
        void connecting.then((client) => client.end(true)).catch(() => undefined); // there was none
      }
    },
  };
}
