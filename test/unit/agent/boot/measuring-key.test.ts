import assert from 'node:assert/strict';
import { it } from 'node:test';
import { measuringKey } from '../../../../agent/boot/measuring-key.ts';
import { configSchema } from '../../../../config/schema.ts';

const base = {
  site: { name: 'here', latitudeDeg: 50, longitudeDeg: 20 },
  instruments: [{ id: 'main', folders: ['frames'] }],
};
const key = (more: object = {}) => measuringKey(configSchema.parse({ ...base, ...more }));

it('another limit, camera or catalogue is another measurement; another log or destination is not', () => {
  assert.equal(key(), key());
  assert.notEqual(key(), key({ intake: { maxFileMb: 2048 } }));
  assert.notEqual(key(), key({ catalogue: { file: 'stars.csv' } }));
  assert.notEqual(key(), key({ instruments: [{ ...base.instruments[0], camera: { gainEPerAdu: 1.4 } }] }));
  assert.equal(key(), key({ log: { level: 'debug' }, dataDir: 'elsewhere' }));
});
