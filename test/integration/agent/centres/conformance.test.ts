import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCentre as openFolder } from '../../../../agent/centres/folder/centre.ts';
import { diskFiles, type FolderFiles } from '../../../../agent/centres/folder/files.ts';
import { httpClient } from '../../../../agent/centres/http.ts';
import { openCentres } from '../../../../agent/centres/registry.ts';
import { packProduct, parcelFor } from '../../../../agent/delivery/pack.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import type { DestinationConfig, FolderDestinationConfig } from '../../../../config/schema.ts';
import { destinationSchema } from '../../../../config/sections/destinations.ts';
import type { PhotometryParcel } from '../../../../protocol/photometry.ts';
import { bhtomFor, frameOf } from '../../../support/bhtom-delivery.ts';
import { bhtomService, bhtomTarget } from '../../../support/bhtom-service.ts';
import { centreConformance } from '../../../support/centre-conformance.ts';
import { FakeTom } from '../../../support/fake-tom.ts';
import { serverFor } from '../../../support/http.ts';
import { call, heldParcels, hubFor, tokenOf } from '../../../support/hub.ts';
import { photometry, sha256, silent, temporaryFolder } from '../../../support/parcels.ts';
import type { TroubledWay } from '../../../support/troubled-way.ts';

async function open(config: object, clock: ManualClock) {
  const [centre] = await openCentres([destinationSchema.parse(config) as DestinationConfig], {
    ...{ site: 'here', software: 'test', clock, random: new Random(1), log: silent },
    instruments: [{ id: 'main', oname: 'HILL_CAM', robotic: false, filters: [] }],
    http: httpClient('test', clock, { silenceMs: 5000, wholeMs: 10_000, largestBytes: 1e6 }),
  });
  return centre!;
}

async function parcelOf(destination: string, number: number, content: PhotometryParcel, target?: string) {
  const product = await packProduct(sha256(`${number}`), content);
  return { ...product, ...parcelFor(destination, product, target), id: number + 1, failures: 0, remoteId: null };
}

const startMs = Date.parse('2026-11-22T21:00:00Z');

centreConformance('hub', ['targets', 'requests', 'keyed'], async (t) => {
  const hub = await hubFor(t);
  const clock = new ManualClock(startMs);
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, tokenOf.here);
  await call(hub, '/v1/targets', {
    method: 'PUT',
    body: JSON.stringify({ targets: [{ name: 'HAT-P-32', raDeg: 31.04, decDeg: 46.69 }] }),
  });
  return {
    ...{ place: hub, clock, destination: 'centre' },
    open: (url) => open({ id: 'centre', kind: 'hub', url, tokenFile }, clock),
    parcel: (number) => parcelOf('centre', number, photometry(`exposure ${number}`)),
    stored: async () => (await heldParcels(hub)).map(({ key, revision }) => `${key} ${revision}`),
  };
});

centreConformance('bhtom2', ['targets', 'obstacles'], async (t) => {
  const clock = new ManualClock(startMs);
  const fake = bhtomFor(clock);
  const tokenFile = join(temporaryFolder(t), 'token');
  writeFileSync(tokenFile, fake.token);
  const targets = [bhtomTarget('HAT-P-32', 31.04, 46.69)];
  const lists = bhtomService({ token: fake.token, targets, pageSize: 100, lightCurves: {} });
  const url = await serverFor(t, (request, response) =>
    (request.url?.startsWith('/targets/') ? lists : fake.listener)(request, response),
  );
  return {
    ...{ place: { url }, clock, destination: 'bhtom' },
    open: (way) => open({ id: 'bhtom', kind: 'bhtom2', url: way, uploadUrl: way, tokenFile }, clock),
    parcel: (number) => parcelOf('bhtom', number, frameOf(`exposure ${number}`), 'HAT-P-32'),
    stored: async () => fake.uploads.map(({ sentName }) => sentName),
  };
});

for (const sameness of ['exact', 'band'] as const)
  centreConformance(`tom (data the same: ${sameness})`, ['targets', 'obstacles'], async (t) => {
    const clock = new ManualClock(startMs);
    const fake = new FakeTom({
      ...{ authorization: 'Token tom-token', sameness, pageSize: 5 },
      targets: [{ id: 7, name: 'HAT-P-32', type: 'SIDEREAL', ra: 31.04, dec: 46.69 }],
    });
    const tokenFile = join(temporaryFolder(t), 'token');
    writeFileSync(tokenFile, 'tom-token');
    const content = (number: number) => {
      const frame = frameOf(`exposure ${number}`);
      return { ...frame, frame: { ...frame.frame, mjdMid: 61_366.5 + number / 1440 } };
    };
    return {
      ...{ place: { url: await serverFor(t, fake.listener) }, clock, destination: 'tom' },
      open: (url) => open({ id: 'tom', kind: 'tom', url, tokenFile }, clock),
      parcel: (number) => parcelOf('tom', number, content(number), 'HAT-P-32'),
      stored: async () => fake.data.map(({ source_location }) => source_location),
    };
  });

/** Files of which one call after the other meets the trouble that a test has put there. */
function troubledFiles(faults: TroubledWay['faults']): FolderFiles {
  async function meet<Result>(call: () => Promise<Result>): Promise<Result> {
    const fault = faults.shift();
    const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' });
    if (fault === 'silence') return new Promise<never>(() => undefined);
    if (fault === 'refused token') throw failure('EACCES');
    if (fault === 'cut before') throw failure('EIO');
    const result = await call();
    if (fault === 'cut after' || fault === 'half an answer') throw failure('EIO');
    return result;
  }
  return {
    check: (folder) => meet(() => diskFiles.check(folder)),
    save: (...words) => meet(() => diskFiles.save(...words)),
    read: (path) => meet(() => diskFiles.read(path)),
  };
}

centreConformance(
  'folder',
  ['obstacles', 'keyed'],
  async (t) => {
    const clock = new ManualClock(startMs);
    const folder = temporaryFolder(t);
    const faults: TroubledWay['faults'] = [];
    const config = { id: 'share', kind: 'folder', folder, formats: ['bhtom'] };
    return {
      ...{ place: { way: { url: folder, faults } }, clock, destination: 'share' },
      open: async () =>
        openFolder(destinationSchema.parse(config) as FolderDestinationConfig, { clock }, troubledFiles(faults)),
      parcel: (number) => parcelOf('share', number, frameOf(`exposure ${number}`), 'HAT-P-32'),
      stored: async () =>
        readdirSync(folder, { recursive: true })
          .map(String)
          .filter((name) => name.endsWith('.csv')),
    };
  },
  ['cut before', 'cut after', 'half an answer', 'refused token', 'silence'],
);
