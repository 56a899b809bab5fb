import { httpClient, usualLimits } from '../centres/http.ts';
import { Messenger } from '../notices/messenger.ts';
import { Morning } from '../notices/morning.ts';
import { openNoticeChannel } from '../notices/registry.ts';
import type { Stage } from '../part.ts';
import type { BootContext } from './context.ts';

const hourMs = 3_600_000;
/** Notices are small, and so are the answers to them. */
const limits = { ...usualLimits, silenceMs: 30_000, wholeMs: 60_000, largestBytes: 2 ** 20 };

/** Who tells people what happens. */
export async function notices(context: BootContext): Promise<Stage> {
  const { config, clock, random, log, happenings, alarms, store, software } = context;
  const { channels, remindEveryH, silentNights } = config.notices;
  const morning = new Morning({ ...{ site: config.site, clock, log, alarms, store, silentNights } });
  const http = httpClient(software, clock, limits);
  const messengers = channels.map(async (channel) => {
    const { id, from, summary } = channel;
    return new Messenger({
      ...{ id, from, summary, clock, random, log, happenings, alarms },
      channel: await openNoticeChannel(channel, { http }),
      remindMs: remindEveryH * hourMs,
      site: config.site.name,
      store: store.notices,
      lastNight: () => morning.summary(),
    });
  });
  return [morning, ...(await Promise.all(messengers))];
}
