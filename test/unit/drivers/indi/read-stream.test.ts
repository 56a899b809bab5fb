import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { Random } from '../../../../base/random.ts';
import type { BlobPlace } from '../../../../drivers/indi/wire/blob-sink.ts';
import type { BlobUpdate, Definition, IndiEvent, Update } from '../../../../drivers/indi/wire/elements.ts';
import { IndiReader } from '../../../../drivers/indi/wire/read-stream.ts';

async function eventsOf(
  chunks: readonly (string | Uint8Array)[],
  place: BlobPlace | 'nowhere' = { kind: 'memory' },
  largestBlobBytes = 1e6,
): Promise<IndiEvent[]> {
  const events: IndiEvent[] = [];
  const reader = new IndiReader({
    onEvent: (event) => events.push(event),
    placeOf: () => (place === 'nowhere' ? undefined : place),
    largestBlobBytes,
  });
  for (const chunk of chunks) await reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  reader.end();
  return events;
}

/** The same text in pieces of random lengths. */
function inPieces(text: string, random: Random, longest: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random.uniform() * longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const coordinates = `<defNumberVector device="Mount" name="EQUATORIAL_EOD_COORD" label="Eq" group="Main" state="Idle" perm="rw" timeout="60">
  <defNumber name="RA" label="RA (hh:mm:ss)" format="%10.6m" min="0" max="24" step="0">
5.5
  </defNumber>
  <defNumber name="DEC" label="DEC" format="%10.6m" min="-90" max="90" step="0">-10:30:00</defNumber>
</defNumberVector>`;

const blobOf = (base64: string, attributes = 'size="6" format=".fits"') =>
  `<setBLOBVector device="CCD" name="CCD1" state="Ok"><oneBLOB name="CCD1" ${attributes}>${base64}</oneBLOB></setBLOBVector>`;

async function onlyBlob(events: readonly IndiEvent[]): Promise<Uint8Array> {
  const { received } = events[0] as BlobUpdate;
  const content = await received[0]!.content!;
  assert.equal(content.kind, 'memory');
  return content.kind === 'memory' ? content.bytes : Buffer.alloc(0);
}

describe('the stream of an INDI server', () => {
  it('gives a definition with its limits, sexagesimal numbers read', async () => {
    const [event] = (await eventsOf([coordinates])) as [Definition];
    assert.equal(event.type, 'define');
    assert.deepEqual(
      event.members.map(({ name, value, min, max }) => [name, value, min, max]),
      [
        ['RA', 5.5, 0, 24],
        ['DEC', -10.5, -90, 90],
      ],
    );
  });

  it('reads the same whatever pieces the bytes come in, characters of several bytes among them', async () => {
    const text = `<message device="Kuppel Süd" message="größer &amp; heller"/>${coordinates}${blobOf('AAEC\nAwQF\n')}`;
    const whole = await eventsOf([text]);
    const random = new Random(7);
    for (let i = 0; i < 30; i++) {
      const events = await eventsOf(inPieces(text, random, 9));
      assert.deepEqual(
        events.map((event) => ({ ...event, received: undefined })),
        whole.map((event) => ({ ...event, received: undefined })),
      );
      assert.deepEqual([...(await onlyBlob(events.slice(-1)))], [0, 1, 2, 3, 4, 5]);
    }
  });

  it('tells the state only where the server said it', async () => {
    const [event] = (await eventsOf([
      '<setSwitchVector device="D" name="P"><oneSwitch name="A">On</oneSwitch></setSwitchVector>',
    ])) as [Update];
    assert.equal(event.state, undefined);
    assert.deepEqual(event.members, [{ name: 'A', value: 'On' }]);
  });

  it('passes over what it does not know, declarations and garbage', async () => {
    const events = await eventsOf([
      `<?xml version="1.0"?> garbage </oneNumber> <newThing x="1"><a/></newThing>${coordinates}`,
    ]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['define'],
    );
  });

  it('goes on with the next property after one that was never closed', async () => {
    const events = await eventsOf([`<setNumberVector device="D" name="P"><oneNumber name="A">1`, coordinates]);
    assert.equal(events.length, 1);
    assert.equal((events[0] as Definition).name, 'EQUATORIAL_EOD_COORD');
  });

  it('tells of a deleted property and of a deleted device', async () => {
    const events = await eventsOf(['<delProperty device="D" name="P"/><delProperty device="D"/>']);
    assert.deepEqual(events, [
      { type: 'delete', device: 'D', name: 'P' },
      { type: 'delete', device: 'D', name: undefined },
    ]);
  });

  it('inflates what was compressed', async () => {
    const data = Buffer.from('SIMPLE  =                    T');
    const events = await eventsOf([blobOf(deflateSync(data).toString('base64'), 'size="30" format=".fits.z"')]);
    assert.deepEqual(Buffer.from(await onlyBlob(events)), data);
  });

  it('writes a BLOB to its file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'indi-'));
    try {
      const path = join(folder, 'frame.fits');
      const data = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
      const events = await eventsOf(inPieces(blobOf(data.toString('base64')), new Random(3), 700), {
        kind: 'file',
        path,
      });
      assert.deepEqual(await (events[0] as BlobUpdate).received[0]!.content, { kind: 'file', path, sizeBytes: 5000 });
      assert.deepEqual(readFileSync(path), data);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes no BLOB for one that is empty, lies elsewhere or is not wanted', async () => {
    const elsewhere = blobOf('', 'size="0" format=".fits"') + blobOf('', 'path="http://x/y.fits" format=".fits"');
    for (const event of await eventsOf([elsewhere])) assert.deepEqual((event as BlobUpdate).received, []);
    const [unwanted] = (await eventsOf([blobOf('AAEC')], 'nowhere')) as [BlobUpdate];
    assert.equal(unwanted.received[0]!.content, undefined);
  });

  it('fails a BLOB that is too large, cut off or no base64, and reads on', async () => {
    const tooLarge = await eventsOf(
      [blobOf(Buffer.alloc(100).toString('base64')), coordinates],
      { kind: 'memory' },
      50,
    );
    assert.equal(tooLarge.length, 2);
    await assert.rejects((tooLarge[0] as BlobUpdate).received[0]!.content!, /larger than 50 bytes/);
    for (const [base64, reason] of [
      ['AAE', /middle of a group/],
      ['A?EC', /not base64/],
      ['', /is empty/],
    ] as const) {
      const [event] = (await eventsOf([blobOf(base64)])) as [BlobUpdate];
      await assert.rejects(event.received[0]!.content!, reason);
    }
  });

  it('ends a stream that would fill the memory', async () => {
    const endless = `<setTextVector device="D" name="P"><oneText name="A">${'x'.repeat(2 << 20)}`;
    await assert.rejects(eventsOf([endless]), { code: 'INDI_STREAM' });
  });
});
