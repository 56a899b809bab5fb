/**
 * How quickly the page answers with many frames stored: node bench/page.ts [--frames 100000]
 * Fills a database with reduced frames, opens it anew, and prints the time to the first answer and the median and 95th
 * percentile of each kind of call, by HTTP over loopback.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { serveApi } from '../agent/api/server.ts';
import { openStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';

import { parseConfig } from '../config/load.ts';
import { pastRecord } from '../test/support/frame-records.ts';
import { median } from './photometry/score.ts';

const { values } = parseArgs({ options: { frames: { type: 'string', default: '100000' } } });
const nFrames = Number(values.frames);
const nCalls = 100;
const framesANight = 250;
const firstMjd = 60000;

const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-bench-page-'));
try {
  const config = parseConfig(
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20, heightM: 300 }
dataDir: data
instruments: [{ id: main, folders: [camera] }]
`,
    'bench',
    root,
  );
  openStore(config.dataDir, systemClock, 'bench').close();
  fill(join(config.dataDir, 'agent.sqlite'));
  const startMs = performance.now();
  const api = await serveApi({
    ...{ config, clock: systemClock, version: 'bench', host: '127.0.0.1', port: 0, token: undefined, assets: root },
    onTrouble: (error) => console.error(error),
  });
  try {
    const call = async (path: string) => {
      const beganMs = performance.now();
      const response = await fetch(`http://127.0.0.1:${api.port}/api/v1/${path}`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return performance.now() - beganMs;
    };
    await call('status');
    console.log(`${nFrames} frames: first answer ${(performance.now() - startMs).toFixed(0)} ms after the start`);
    const calls: Record<string, (k: number) => string> = {
      'frames, any page': (k) => `frames?before=${Math.ceil((nFrames * (k + 1)) / nCalls)}`,
      'frames, rejected': () => 'frames?state=rejected',
      'one frame': (k) => `frames/${Math.ceil((nFrames * (k + 1)) / nCalls)}`,
      nights: () => 'nights',
      'one night': (k) => `nights/${new Date((firstMjd - 40587 + k) * 86_400_000).toISOString().slice(0, 10)}`,
    };
    for (const [name, path] of Object.entries(calls)) {
      const times: number[] = [];
      for (let k = 0; k < nCalls; k++) times.push(await call(path(k)));
      const p95 = times.toSorted((a, b) => a - b)[Math.floor(0.95 * nCalls)]!;
      console.log(`${name.padEnd(18)} median ${median(times).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
    }
  } finally {
    await api.close();
  }
} finally {
  rmSync(root, { recursive: true });
}

/** Frames of many nights, one in fifty rejected, the others with a record. */
function fill(path: string): void {
  const database = new Database(path);
  const frame = database.prepare(
    `INSERT INTO frames (id, instrument, path, size_bytes, mtime_ms, state, reason, exposure_id, kind, seen_at_ms, state_at_ms)
     VALUES (@id, 'main', @path, 1, @ms, @state, NULL, @exposure, 'light', @ms, @ms)`,
  );
  const reduction = database.prepare(
    "INSERT INTO reductions (id, frame_id, exposure_id, outcome, record, reduced_at_ms) VALUES (@exposure, @id, @exposure, 'measured', @record, @ms)",
  );
  const record = pastRecord();
  database.transaction(() => {
    for (let id = 1; id <= nFrames; id++) {
      const mjdMid = firstMjd + 0.75 + Math.floor(id / framesANight) + (id % framesANight) / (2 * framesANight);
      const exposure = id.toString(16).padStart(64, '0');
      const row = { id, exposure, ms: (mjdMid - 40587) * 86_400_000 };
      const ms = Math.round(row.ms);
      const isRejected = id % 50 === 0;
      frame.run({ ...row, ms, path: `/camera/${id}.fits`, state: isRejected ? 'rejected' : 'reduced' });
      if (!isRejected)
        reduction.run({ ...row, ms, record: JSON.stringify({ ...record, exposureId: exposure, mjdMid }) });
    }
  })();
  database.close();
}
