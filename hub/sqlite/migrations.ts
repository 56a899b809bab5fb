import type { Migration } from '../../base/sqlite.ts';

/** The schema of the hub's database, one entry a change, never edited once released. Times are Unix milliseconds. */
export const migrations: readonly Migration[] = [
  {
    name: '20261122T2300-initial',
    sql: `
-- Every revision of every parcel, as it came: gzip-compressed JSON, the checksum that of the JSON.
CREATE TABLE parcels (
  cursor          INTEGER PRIMARY KEY AUTOINCREMENT,
  site            TEXT NOT NULL,
  key             TEXT NOT NULL,
  revision        TEXT NOT NULL,
  instrument      TEXT NOT NULL,
  subject         TEXT NOT NULL,
  exposure_id     TEXT NOT NULL,
  file_hash       TEXT NOT NULL,
  checksum        TEXT NOT NULL,
  body            BLOB NOT NULL,
  received_at_ms  INTEGER NOT NULL,
  UNIQUE (site, key, revision)
) STRICT;
CREATE INDEX parcels_by_site ON parcels (site, cursor);

CREATE TABLE requests (
  id                  TEXT PRIMARY KEY,
  site                TEXT NOT NULL,
  payload             TEXT NOT NULL,
  state               TEXT NOT NULL,
  reason              TEXT NOT NULL DEFAULT '',
  answer              TEXT CHECK (answer IN ('accept','decline')),
  cancel_reason       TEXT,
  result              TEXT,
  submitted_at_ms     INTEGER NOT NULL,
  state_at_ms         INTEGER NOT NULL
) STRICT;
CREATE INDEX requests_by_site ON requests (site, submitted_at_ms);

-- What is to be said to a site of its requests, in the order it is said.
CREATE TABLE messages (
  site                TEXT NOT NULL,
  seq                 INTEGER NOT NULL,
  kind                TEXT NOT NULL CHECK (kind IN ('offer','cancel')),
  request_id          TEXT NOT NULL REFERENCES requests(id),
  acknowledged_at_ms  INTEGER,
  PRIMARY KEY (site, seq)
) STRICT;
CREATE UNIQUE INDEX messages_once ON messages (request_id, kind);

CREATE TABLE sites (
  site                TEXT PRIMARY KEY,
  last_seq            INTEGER NOT NULL
) STRICT;
`,
  },
  {
    name: '20261125T0430-targets',
    sql: `
-- The positions that the network cares for.
CREATE TABLE targets (
  name            TEXT PRIMARY KEY,
  ra_deg          REAL NOT NULL,
  dec_deg         REAL NOT NULL
) STRICT;
`,
  },
  {
    name: '20261201T0150-whole-targets',
    sql: `
-- Each target as the operator gave it, with keys that this version does not know.
ALTER TABLE targets RENAME TO targets_before;
CREATE TABLE targets (
  name            TEXT PRIMARY KEY,
  payload         TEXT NOT NULL
) STRICT;
INSERT INTO targets (name, payload)
  SELECT name, json_object('name', name, 'raDeg', ra_deg, 'decDeg', dec_deg) FROM targets_before;
DROP TABLE targets_before;
`,
  },
  {
    name: '20261201T0210-leases-and-parts',
    sql: `
-- Which connection of which process speaks with a site, and until when it is believed to.
CREATE TABLE leases (
  site            TEXT PRIMARY KEY,
  holder          TEXT NOT NULL,
  expires_at_ms   INTEGER NOT NULL
) STRICT;

-- Results that are too large for one message, in the parts in which they came.
CREATE TABLE result_parts (
  request_id      TEXT NOT NULL REFERENCES requests(id),
  part            INTEGER NOT NULL,
  body            TEXT NOT NULL,
  PRIMARY KEY (request_id, part)
) STRICT;
ALTER TABLE requests ADD COLUMN parts INTEGER;
`,
  },
  {
    name: '20261201T0225-submissions',
    sql: `
-- The ids that requests submitted without one were given, so that a repeated submission is given the same one.
CREATE TABLE submissions (
  digest          TEXT PRIMARY KEY,
  request_id      TEXT NOT NULL,
  submitted_at_ms INTEGER NOT NULL
) STRICT;
`,
  },
];
