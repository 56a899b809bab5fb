import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { httpClient } from '../../../../agent/centres/http.ts';
import type { Notice } from '../../../../agent/notices/notice.ts';
import { openNoticeChannel } from '../../../../agent/notices/registry.ts';
import { systemClock } from '../../../../base/clock.ts';
import { type NoticeChannelConfig, noticeChannelSchema } from '../../../../config/sections/notices.ts';
import { serverFor } from '../../../support/http.ts';
import { mailServer } from '../../../support/mail-server.ts';
import { mqttBroker } from '../../../support/mqtt-broker.ts';

const notice: Notice = {
  severity: 'critical',
  title: 'hill: ALARM, roof [DEVICE]',
  text: 'it said "closed", and\nis open',
  site: 'hill',
  atMs: Date.UTC(2026, 5, 1),
};
const signal = () => AbortSignal.timeout(10_000);
const http = httpClient('test', systemClock);
const opened = (config: object) =>
  openNoticeChannel(noticeChannelSchema.parse({ id: 'phone', ...config }) as NoticeChannelConfig, { http });

interface Call {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A web service that keeps what it is sent and answers with a status. */
async function service(t: TestContext) {
  const calls: Call[] = [];
  const world = { status: 200, calls, url: '' };
  world.url = await serverFor(t, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    calls.push({ path: request.url!, authorization: request.headers.authorization, body });
    response.writeHead(world.status).end('said so');
  });
  return world;
}

function secretFile(t: TestContext, secret: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-notices-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret'), `${secret}\n`);
  return join(folder, 'secret');
}

describe('a notice channel', () => {
  it('is a topic of ntfy', async (t) => {
    const { url, calls } = await service(t);
    const channel = await opened({ kind: 'ntfy', url, topic: 'hill', tokenFile: secretFile(t, 'tk_1') });
    await channel.send(notice, signal());
    const body = { topic: 'hill', title: notice.title, message: notice.text, priority: 5 };
    assert.deepEqual(calls, [{ path: '/', authorization: 'Bearer tk_1', body }]);
  });

  it('is a Gotify server under any path', async (t) => {
    const { url, calls } = await service(t);
    const channel = await opened({ kind: 'gotify', url: `${url}/push`, tokenFile: secretFile(t, 'app') });
    await channel.send(notice, signal());
    const body = { title: notice.title, message: notice.text, priority: 9 };
    assert.deepEqual(calls, [{ path: '/push/message', authorization: 'Bearer app', body }]);
  });

  it('is a chat of Telegram', async (t) => {
    const { url, calls } = await service(t);
    const channel = await opened({ kind: 'telegram', url, chat: '42', tokenFile: secretFile(t, '1:secret') });
    await channel.send(notice, signal());
    assert.equal(calls[0]!.path, '/bot1:secret/sendMessage');
    const text = `${notice.title}\n${notice.text}`;
    assert.deepEqual(calls[0]!.body, { chat_id: '42', text, disable_notification: false });
  });

  it('is Pushover', async (t) => {
    const { url, calls } = await service(t);
    const channel = await opened({ kind: 'pushover', url, user: 'me', tokenFile: secretFile(t, 'app') });
    await channel.send(notice, signal());
    assert.equal(calls[0]!.path, '/1/messages.json');
    const body = { token: 'app', user: 'me', title: notice.title, message: notice.text, priority: 1 };
    assert.deepEqual(calls[0]!.body, body);
  });

  it('is a webhook with a template, whatever stands in the words', async (t) => {
    const { url, calls } = await service(t);
    const urlFile = secretFile(t, `${url}/hook/secret`);
    const channel = await opened({ kind: 'webhook', urlFile, body: '{"content":"{title}\\n{text}","at":"{at}"}' });
    await channel.send(notice, signal());
    const body = { content: `${notice.title}\n${notice.text}`, at: '2026-06-01T00:00:00.000Z' };
    assert.deepEqual(calls, [{ path: '/hook/secret', authorization: undefined, body }]);
    await assert.rejects(opened({ kind: 'webhook', urlFile, body: 'Alarm: {title}' }), { code: 'NOTICE_TEMPLATE' });
  });

  for (const [status, reaction] of [
    [401, 'tell-operator'],
    [404, 'tell-operator'],
    [400, 'tell-operator'],
    [500, 'retry'],
    [503, 'retry'],
    [429, 'retry'],
  ] as const)
    it(`answered by HTTP ${status} asks for: ${reaction}, and tells no secret`, async (t) => {
      const world = await service(t);
      world.status = status;
      const channel = await opened({ kind: 'telegram', url: world.url, chat: '1', tokenFile: secretFile(t, 'hush') });
      await assert.rejects(channel.send(notice, signal()), (error: Error & { reaction?: string }) => {
        assert.equal(error.reaction, reaction);
        assert.doesNotMatch(error.message, /hush/);
        return true;
      });
    });

  it('without its secret needs the operator', async () => {
    const channel = await opened({ kind: 'gotify', url: 'http://127.0.0.1:1', tokenFile: '/nowhere/token' });
    await assert.rejects(channel.send(notice, signal()), { code: 'NO_SECRET', reaction: 'tell-operator' });
  });

  it('that nobody serves is tried later', async () => {
    for (const config of [
      { kind: 'ntfy', url: 'http://127.0.0.1:1', topic: 'hill' },
      { kind: 'email', host: '127.0.0.1', port: 1, sender: 'a@example.org', to: ['b@example.org'] },
      { kind: 'mqtt', url: 'mqtt://127.0.0.1:1' },
    ]) {
      const channel = await opened(config);
      await assert.rejects(channel.send(notice, signal()), { reaction: 'retry' }, config.kind);
    }
  });
});

describe('mail', () => {
  const mail = { kind: 'email', host: '127.0.0.1', sender: 'edge@example.org', to: ['a@example.org', 'b@example.org'] };

  it('goes to all who are named', async (t) => {
    const { port, mails } = await mailServer(t);
    const channel = await opened({ ...mail, port, user: 'edge', passwordFile: secretFile(t, 'hush') });
    await channel.send(notice, signal());
    assert.deepEqual([mails[0]!.sender, mails[0]!.to], [mail.sender, mail.to]);
    assert.match(mails[0]!.text, /^Subject: hill: ALARM, roof \[DEVICE\]$/m);
    assert.match(mails[0]!.text, /it said "closed", and\nis open/);
  });

  it('that is refused for good needs the operator; for now, it is sent later', async (t) => {
    for (const [answers, reaction] of [
      [{ RCPT: '550 nobody of that name' }, 'tell-operator'],
      [{ AUTH: '535 no' }, 'tell-operator'],
      [{ MAIL: '451 greylisted' }, 'retry'],
    ] as const) {
      const { port } = await mailServer(t, answers);
      const channel = await opened({ ...mail, port, user: 'edge', passwordFile: secretFile(t, 'hush') });
      await assert.rejects(channel.send(notice, signal()), { reaction }, JSON.stringify(answers));
    }
  });
});

describe('MQTT', () => {
  it('gets a notice as JSON', async (t) => {
    const { port, published } = await mqttBroker(t);
    const channel = await opened({ kind: 'mqtt', url: `mqtt://127.0.0.1:${port}` });
    await channel.send(notice, signal());
    const { atMs, ...words } = notice;
    assert.equal(published[0]!.topic, 'bhtom-edge/notices');
    assert.deepEqual(JSON.parse(published[0]!.payload), { ...words, at: new Date(atMs).toISOString() });
  });

  it('that hangs up in the middle is tried later, at once', async (t) => {
    const { port } = await mqttBroker(t, 0, true);
    const channel = await opened({ kind: 'mqtt', url: `mqtt://127.0.0.1:${port}` });
    await assert.rejects(channel.send(notice, signal()), { reaction: 'retry' });
  });

  it('that refuses the account needs the operator', async (t) => {
    const { port } = await mqttBroker(t, 5);
    const channel = await opened({
      kind: 'mqtt',
      url: `mqtt://127.0.0.1:${port}`,
      user: 'edge',
      passwordFile: secretFile(t, 'x'),
    });
    await assert.rejects(channel.send(notice, signal()), { reaction: 'tell-operator' });
  });
});
