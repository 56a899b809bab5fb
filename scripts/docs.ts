import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema, configReference } from '../config/reference.ts';
import { recordPage } from './record-page.ts';

// Writes the pages that are made from the code. A test fails when they are stale.
const docs = join(import.meta.dirname, '..', 'docs');
writeFileSync(join(docs, 'configuration.md'), configReference());
writeFileSync(join(docs, 'config.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
writeFileSync(join(docs, 'record.md'), recordPage());
console.error('wrote docs/configuration.md, docs/config.schema.json and docs/record.md');
