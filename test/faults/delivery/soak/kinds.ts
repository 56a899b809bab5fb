import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packProduct, parcelFor } from '../../../../agent/delivery/pack.ts';
import type { NewParcel } from '../../../../agent/store/outbox.ts';
import type { DestinationConfig } from '../../../../config/schema.ts';
import { destinationSchema } from '../../../../config/sections/destinations.ts';
import type { PhotometryParcel } from '../../../../protocol/photometry.ts';
import { bhtomFor, frameOf } from '../../../support/bhtom-delivery.ts';
import { FakeTom } from '../../../support/fake-tom.ts';
import { freePort } from '../../../support/free-port.ts';
import { serverFor } from '../../../support/http.ts';
import { heldParcels, tokenOf } from '../../../support/hub.ts';
import { measured, photometry, sha256 } from '../../../support/parcels.ts';
import { SoakClock } from './clock.ts';

/** What a centre says that it has: an id once for each time that it was stored, and what was stored. */
export interface Stored {
  readonly id: string;
  readonly content: string;
}

/** A centre that keeps what it has acknowledged. */
export interface SoakServer {
  readonly url: string;
  stored(): Promise<readonly Stored[]>;
  /** Kills it and starts it again, where it is a process with a disk of its own. */
  readonly restart?: () => Promise<void>;
}

/** A kind of centre as the campaign needs it. */
export interface SoakKind {
  /** How much faster than ours the agent's time goes: some centres are looked at an hour later. */
  readonly times: number;
  serve(t: TestContext, folder: string, startMs: number): Promise<SoakServer>;
  config(url: string, folder: string): DestinationConfig;
  /** The parcels of one frame. */
  parcels(number: number): Promise<NewParcel[]>;
}

async function product(number: number, content: PhotometryParcel) {
  return packProduct(sha256(`reduction ${number}`), content);
}

function withToken(folder: string, token: string, config: object): DestinationConfig {
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token);
  return destinationSchema.parse({ id: 'centre', tokenFile, ...config }) as DestinationConfig;
}

const hub: SoakKind = {
  times: 1,
  async serve(t, folder) {
    const port = await freePort();
    const dataDir = join(folder, 'hub');
    mkdirSync(dataDir);
    let child: ChildProcess | undefined;
    const start = async () => {
      child = fork(join(import.meta.dirname, 'hub.ts'), [dataDir, String(port)]);
      await once(child, 'message');
    };
    const kill = async () => {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    await start();
    t.after(kill);
    const url = `http://127.0.0.1:${port}`;
    return {
      url,
      stored: async () =>
        (await heldParcels({ url } as Parameters<typeof heldParcels>[0])).map(({ key, revision, checksum }) => ({
          ...{ id: `${key} ${revision}`, content: checksum },
        })),
      restart: async () => {
        await kill();
        await start();
      },
    };
  },
  config: (url, folder) => withToken(folder, tokenOf.here, { kind: 'hub', url }),
  async parcels(number) {
    const frame = await product(number, photometry(`exposure ${number}`));
    const target = await product(number, {
      ...photometry(`exposure ${number}`),
      subject: 'target',
      targets: [measured('star')],
    });
    return [frame, target].map((one) => parcelFor('centre', one));
  },
};

/** Ten hours of the agent a second: a look an hour later is waited for in a tenth of one. */
const fast = 36_000;

const bhtom2: SoakKind = {
  times: fast,
  async serve(t, _, startMs) {
    const fake = bhtomFor(new SoakClock(startMs, fast));
    const url = await serverFor(t, fake.listener);
    return {
      url,
      stored: async () => fake.uploads.map(({ sentName, content }) => ({ id: sentName, content })),
    };
  },
  config: (url, folder) =>
    withToken(folder, bhtomFor(new SoakClock(0, 1)).token, { kind: 'bhtom2', url, uploadUrl: url }),
  async parcels(number) {
    return [parcelFor('centre', await product(number, frameOf(`exposure ${number}`)), 'HAT-P-32')];
  },
};

const tom: SoakKind = {
  times: fast,
  async serve(t) {
    const fake = new FakeTom({
      ...{ authorization: 'Token tom-token', sameness: 'exact', pageSize: 20 },
      targets: [{ id: 7, name: 'HAT-P-32', type: 'SIDEREAL', ra: 31.04, dec: 46.69 }],
    });
    const url = await serverFor(t, fake.listener);
    return {
      url,
      stored: async () =>
        fake.data.map((datum) => ({
          id: datum.source_location,
          content: JSON.stringify([datum.timestamp, datum.value]),
        })),
    };
  },
  config: (url, folder) => withToken(folder, 'tom-token', { kind: 'tom', url }),
  async parcels(number) {
    const content = frameOf(`exposure ${number}`);
    const later = { ...content, frame: { ...content.frame, mjdMid: 61_366.5 + number / 1440 } };
    return [parcelFor('centre', await product(number, later), 'HAT-P-32')];
  },
};

export const soakKinds = { hub, bhtom2, tom } as const;
export type SoakKindName = keyof typeof soakKinds;
