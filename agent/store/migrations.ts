import type { Migration } from '../../base/sqlite.ts';

/**
 * The schema of the agent's database, one entry a change, never edited once released. Times are Unix milliseconds.
 */
export const migrations: readonly Migration[] = [
  {
    name: '20261122T2250-initial',
    sql: `
-- Every version of every file seen in a watched folder: one row for each (instrument, path, size, mtime). A folder or
-- a broken link with the name of a frame has size and mtime 0.
CREATE TABLE frames (
  id             INTEGER PRIMARY KEY,
  instrument     TEXT NOT NULL,
  path           TEXT NOT NULL,
  size_bytes     INTEGER NOT NULL,
  mtime_ms       INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('seen','settled','identified','reduced','filed','rejected','failed')),
  reason_code    TEXT,
  reason         TEXT,
  duplicate_of   INTEGER REFERENCES frames(id),
  file_hash      TEXT,
  exposure_id    TEXT,
  facts_key      TEXT,
  kind           TEXT,
  request_id     TEXT,
  visit_id       TEXT,
  facts          TEXT,
  attempts       INTEGER NOT NULL DEFAULT 0,
  code_version   TEXT,
  seen_at_ms     INTEGER NOT NULL,
  state_at_ms    INTEGER NOT NULL,
  UNIQUE (instrument, path, size_bytes, mtime_ms)
) STRICT;
CREATE INDEX frames_by_state ON frames (state, mtime_ms);
CREATE INDEX frames_requested ON frames (mtime_ms) WHERE state = 'identified' AND request_id IS NOT NULL;
CREATE INDEX frames_by_exposure ON frames (exposure_id);
CREATE INDEX frames_by_file_hash ON frames (file_hash);
CREATE INDEX frames_by_visit ON frames (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX frames_calibration ON frames (instrument, kind, mtime_ms) WHERE state = 'filed' AND duplicate_of IS NULL;
CREATE INDEX frames_duplicates ON frames (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- One run of the pipeline on one light frame.
CREATE TABLE reductions (
  id              TEXT PRIMARY KEY,
  frame_id        INTEGER NOT NULL REFERENCES frames(id),
  exposure_id     TEXT NOT NULL,
  outcome         TEXT NOT NULL,
  record          TEXT NOT NULL,
  reduced_at_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX reductions_by_exposure ON reductions (exposure_id, reduced_at_ms);
CREATE INDEX reductions_by_frame ON reductions (frame_id);

-- What became of each set of calibration frames: a master in a file, one kept aside, one whose file was cleared away, or
-- no master, with the reason. set_key names the frames, id the master. redo_due: frames reduced before are still to be held
-- against it.
CREATE TABLE masters (
  instrument      TEXT NOT NULL,
  set_key         TEXT NOT NULL,
  id              TEXT,
  kind            TEXT NOT NULL CHECK (kind IN ('bias','dark','flat','flat-dark')),
  state           TEXT NOT NULL CHECK (state IN ('good','aside','cleared','refused')),
  reason          TEXT,
  facts           TEXT NOT NULL,
  path            TEXT,
  n_combined      INTEGER NOT NULL,
  noise           REAL NOT NULL,
  n_bad           INTEGER NOT NULL,
  rejected        TEXT NOT NULL,
  detector        TEXT,
  redo_due        INTEGER NOT NULL,
  code_version    TEXT NOT NULL,
  built_at_ms     INTEGER NOT NULL,
  PRIMARY KEY (instrument, set_key)
) STRICT;

-- The outbox: one product on its way to one destination. The body is gzip-compressed JSON, emptied once the row is
-- acknowledged or superseded; the checksum is that of the JSON. Ids grow with time even when the computer's clock does not.
CREATE TABLE parcels (
  id              INTEGER PRIMARY KEY,
  key             TEXT NOT NULL,
  revision        TEXT NOT NULL,
  destination     TEXT NOT NULL,
  exposure_id     TEXT NOT NULL,
  reduction_id    TEXT NOT NULL REFERENCES reductions(id),
  subject         TEXT NOT NULL CHECK (subject IN ('frame','target')),
  state           TEXT NOT NULL CHECK (state IN ('pending','sending','unknown','acknowledged','parked','superseded')),
  priority        INTEGER NOT NULL,
  body            BLOB NOT NULL,
  checksum        TEXT NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  next_at_ms      INTEGER NOT NULL,
  failures        INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,
  acknowledged_at_ms INTEGER,
  UNIQUE (key, revision)
) STRICT;
CREATE INDEX parcels_newest ON parcels (destination, priority DESC, id DESC, next_at_ms) WHERE state = 'pending';
CREATE INDEX parcels_oldest ON parcels (destination, id, next_at_ms) WHERE state = 'pending';
CREATE INDEX parcels_waiting ON parcels (destination, next_at_ms) WHERE state = 'pending';
CREATE INDEX parcels_unknown ON parcels (destination, next_at_ms) WHERE state = 'unknown';
CREATE INDEX parcels_by_state ON parcels (destination, state);
CREATE INDEX parcels_by_exposure ON parcels (exposure_id);

-- What centres ask for. reported_state is the last state the centre has confirmed to know.
CREATE TABLE requests (
  destination     TEXT NOT NULL,
  id              TEXT NOT NULL,
  payload         TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN
    ('PENDING','IN_PROGRESS','COMPLETED','FAILED','NOT_ATTEMPTED','ABORTED','CANCELED','WINDOW_EXPIRED')),
  reason          TEXT NOT NULL DEFAULT '',
  answered        TEXT CHECK (answered IN ('accept','decline')),
  cancel_reason   TEXT,
  result          TEXT,
  reported_state  TEXT,
  received_at_ms  INTEGER NOT NULL,
  state_at_ms     INTEGER NOT NULL,
  PRIMARY KEY (destination, id)
) STRICT;
CREATE INDEX requests_open ON requests (state) WHERE state IN ('PENDING','IN_PROGRESS','ABORTED');
CREATE INDEX requests_unreported ON requests (destination) WHERE reported_state IS NOT state;

-- The last message of each centre that was dealt with.
CREATE TABLE cursors (
  destination     TEXT PRIMARY KEY,
  cursor          INTEGER NOT NULL
) STRICT;

-- Each attempt to fulfil a request. The row is written before anything moves; a request has one live visit at most.
CREATE TABLE visits (
  id              TEXT PRIMARY KEY,
  destination     TEXT NOT NULL,
  request_id      TEXT NOT NULL,
  instrument      TEXT NOT NULL,
  state           TEXT NOT NULL,
  step            TEXT NOT NULL,
  reason          TEXT NOT NULL DEFAULT '',
  exposures_begun INTEGER NOT NULL DEFAULT 0,
  resumes         INTEGER NOT NULL DEFAULT 0,
  started_at_ms   INTEGER NOT NULL,
  state_at_ms     INTEGER NOT NULL,
  ended_at_ms     INTEGER,
  FOREIGN KEY (destination, request_id) REFERENCES requests(destination, id)
) STRICT;
CREATE INDEX visits_by_request ON visits (destination, request_id);
CREATE UNIQUE INDEX visits_live ON visits (destination, request_id) WHERE ended_at_ms IS NULL;

-- The frames a visit has put into the watched folder.
CREATE TABLE visit_frames (
  visit_id        TEXT NOT NULL REFERENCES visits(id),
  number          INTEGER NOT NULL,
  file            TEXT NOT NULL,
  exposure_id     TEXT NOT NULL,
  PRIMARY KEY (visit_id, number)
) STRICT;
`,
  },
  {
    name: '20261125T0410-network-targets',
    sql: `
-- The targets of each centre as it last told them, whole lists only.
CREATE TABLE network_targets (
  destination     TEXT NOT NULL,
  name            TEXT NOT NULL,
  ra_deg          REAL NOT NULL,
  dec_deg         REAL NOT NULL,
  PRIMARY KEY (destination, name)
) STRICT;
CREATE TABLE target_lists (
  destination     TEXT PRIMARY KEY,
  fetched_at_ms   INTEGER NOT NULL
) STRICT;

-- What a centre's archive holds of a target: points as deflated JSON, NULL for a name it does not know.
CREATE TABLE target_archives (
  destination     TEXT NOT NULL,
  name            TEXT NOT NULL,
  fetched_at_ms   INTEGER NOT NULL,
  points          BLOB,
  PRIMARY KEY (destination, name)
) STRICT;
`,
  },
  {
    name: '20261125T0440-zero-points',
    sql: `
-- What each plane of each exposure told of its filter and its light, as of its last reduction. certain: the band was told
-- from the stars without doubt.
CREATE TABLE zero_points (
  exposure_id     TEXT NOT NULL,
  plane           TEXT NOT NULL,
  instrument      TEXT NOT NULL,
  setup           TEXT NOT NULL,
  filter          TEXT NOT NULL,
  mjd_mid         REAL NOT NULL,
  band            TEXT NOT NULL,
  certain         INTEGER NOT NULL CHECK (certain IN (0, 1)),
  zero_point      REAL NOT NULL,
  airmass         REAL,
  share           REAL,
  PRIMARY KEY (exposure_id, plane)
) STRICT;
CREATE INDEX zero_points_by_setup ON zero_points (instrument, setup, filter, plane, mjd_mid);
`,
  },
  {
    name: '20261201T0200-alarms',
    sql: `
-- What a person should see to, open (cleared_at_ms NULL) and past.
CREATE TABLE alarms (
  code            TEXT NOT NULL,
  subject         TEXT NOT NULL,
  severity        TEXT NOT NULL CHECK (severity IN ('warning','critical')),
  text            TEXT NOT NULL,
  raised_at_ms    INTEGER NOT NULL,
  last_at_ms      INTEGER NOT NULL,
  count           INTEGER NOT NULL,
  cleared_at_ms   INTEGER,
  PRIMARY KEY (code, subject, raised_at_ms)
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (code, subject) WHERE cleared_at_ms IS NULL;
CREATE INDEX alarms_recent ON alarms (raised_at_ms);
`,
  },
  {
    name: '20261201T0220-visit-faults',
    sql: `
-- Code of the fault that ended a visit, where it counts against the request.
ALTER TABLE visits ADD COLUMN fault TEXT;
`,
  },
  {
    name: '20261201T0250-products-and-parcels',
    sql: `
-- What was measured, once, whoever is to have it: one plane of a frame with its sources, or one target in it. The body
-- is gzip-compressed JSON, emptied once no parcel needs it any more; the checksum is that of the JSON. plane and mjd_mid
-- are unknown for rows of older versions.
CREATE TABLE products (
  id              INTEGER PRIMARY KEY,
  exposure_id     TEXT NOT NULL,
  reduction_id    TEXT NOT NULL REFERENCES reductions(id),
  subject         TEXT NOT NULL CHECK (subject IN ('frame','target')),
  plane           TEXT,
  target          TEXT,
  mjd_mid         REAL,
  body            BLOB NOT NULL,
  checksum        TEXT NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  UNIQUE (reduction_id, checksum)
) STRICT;
INSERT INTO products (exposure_id, reduction_id, subject, body, checksum, created_at_ms)
  SELECT exposure_id, reduction_id, subject, body, checksum, created_at_ms FROM parcels WHERE true ORDER BY id
  ON CONFLICT (reduction_id, checksum) DO UPDATE SET body = excluded.body WHERE length(body) = 0;
CREATE INDEX products_by_exposure ON products (exposure_id);

-- A product on its way to one destination. accepted: the centre has it and judges later; done: its verdict is known, or it
-- gives none; rejected: the centre refuses it for good; parked: put aside by a person. Ids grow with time even when the
-- computer's clock does not. target: the one that this parcel is about, whatever else the product holds.
CREATE TABLE parcels_apart (
  id              INTEGER PRIMARY KEY,
  product_id      INTEGER NOT NULL REFERENCES products(id),
  destination     TEXT NOT NULL,
  key             TEXT NOT NULL,
  revision        TEXT NOT NULL,
  target          TEXT,
  state           TEXT NOT NULL CHECK (state IN
    ('queued','sending','unknown','accepted','done','parked','rejected','superseded')),
  priority        INTEGER NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  next_at_ms      INTEGER NOT NULL,
  failures        INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,
  sent_at_ms      INTEGER,
  accepted_at_ms  INTEGER,
  remote_id       TEXT,
  receipt         TEXT,
  done_at_ms      INTEGER,
  verdict         TEXT,
  UNIQUE (key, revision)
) STRICT;
INSERT INTO parcels_apart (id, product_id, destination, key, revision, state, priority, created_at_ms, next_at_ms,
    failures, last_error, accepted_at_ms, done_at_ms)
  SELECT old.id, products.id, old.destination, old.key, old.revision,
    CASE old.state WHEN 'pending' THEN 'queued' WHEN 'acknowledged' THEN 'done' WHEN 'parked' THEN 'rejected' ELSE old.state END,
    old.priority, old.created_at_ms, old.next_at_ms, old.failures, old.last_error, old.acknowledged_at_ms, old.acknowledged_at_ms
  FROM parcels AS old JOIN products ON products.reduction_id = old.reduction_id AND products.checksum = old.checksum;
DROP TABLE parcels;
ALTER TABLE parcels_apart RENAME TO parcels;
CREATE INDEX parcels_newest ON parcels (destination, priority DESC, id DESC, next_at_ms) WHERE state = 'queued';
CREATE INDEX parcels_oldest ON parcels (destination, id, next_at_ms) WHERE state = 'queued';
CREATE INDEX parcels_waiting ON parcels (destination, next_at_ms) WHERE state = 'queued';
CREATE INDEX parcels_unknown ON parcels (destination, next_at_ms) WHERE state = 'unknown';
CREATE INDEX parcels_accepted ON parcels (destination, next_at_ms) WHERE state = 'accepted';
CREATE INDEX parcels_by_state ON parcels (destination, state);
CREATE INDEX parcels_by_product ON parcels (product_id);
CREATE INDEX parcels_by_target ON parcels (destination, target) WHERE target IS NOT NULL;
`,
  },
  {
    name: '20261201T0316-target-interest',
    sql: `
-- How much the centre wants the target: 0 to 10, its own order (greatest first), and one observation every so many days.
ALTER TABLE network_targets ADD COLUMN importance REAL;
ALTER TABLE network_targets ADD COLUMN priority REAL;
ALTER TABLE network_targets ADD COLUMN cadence_days REAL;
`,
  },
  {
    name: '20261201T0630-notices-told',
    sql: `
-- Alarms that a channel has told, until it has told that they are over.
CREATE TABLE notices_told (
  channel       TEXT NOT NULL,
  code          TEXT NOT NULL,
  subject       TEXT NOT NULL,
  raised_at_ms  INTEGER NOT NULL,
  text          TEXT NOT NULL,
  told_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (channel, code, subject, raised_at_ms)
) STRICT;
-- The last night whose summary a channel has told: the date of its evening.
CREATE TABLE summaries_told (
  channel TEXT PRIMARY KEY,
  night   TEXT NOT NULL
) STRICT;
`,
  },
  {
    name: '20261201T0700-target-points',
    sql: `
-- What the newest reduction of each exposure says of each target, read out of its record: light curves are asked for by
-- target, and a year's records take minutes to read. Kept by the database itself, so that it never differs from them; not STRICT, since an odd value in a
-- record must not keep the record out.
CREATE TABLE target_points (
  reduction_id  TEXT NOT NULL REFERENCES reductions(id) ON DELETE CASCADE,
  exposure_id   TEXT NOT NULL,
  target        TEXT NOT NULL,
  plane         TEXT NOT NULL,
  mjd_mid       REAL,
  time_verdict  TEXT,
  verdict       TEXT,
  band          TEXT,
  filter        TEXT,
  mag           REAL,
  mag_err       REAL,
  limit_mag     REAL,
  exposure_s    REAL,
  airmass       REAL
);
CREATE INDEX target_points_by_target ON target_points (target, mjd_mid);
CREATE INDEX target_points_by_exposure ON target_points (exposure_id);
CREATE INDEX target_points_by_reduction ON target_points (reduction_id);
INSERT INTO target_points
  SELECT r.id, r.exposure_id, t.value ->> 'name', coalesce(t.value ->> 'plane', 'mono'), r.record ->> 'mjdMid',
    r.record ->> 'timeVerdict', t.value ->> 'verdict',
    (SELECT p.value ->> 'band' FROM json_each(r.record, '$.planes') AS p
      WHERE CASE p.type WHEN 'object' THEN p.value ->> 'plane' END = t.value ->> 'plane'),
    r.record ->> 'filter', t.value ->> 'mag', t.value ->> 'magErr', t.value ->> 'limit', r.record ->> 'exposureS',
    r.record ->> 'airmass'
  FROM reductions AS r, json_each(CASE WHEN json_valid(r.record) THEN r.record ELSE '{}' END, '$.targets') AS t
  WHERE CASE t.type WHEN 'object' THEN t.value ->> 'name' END IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reductions AS newer
    WHERE newer.exposure_id = r.exposure_id AND newer.rowid > r.rowid);
CREATE TRIGGER target_points_of_reduction AFTER INSERT ON reductions WHEN json_valid(new.record)
BEGIN
  DELETE FROM target_points WHERE exposure_id = new.exposure_id;
  INSERT INTO target_points
    SELECT new.id, new.exposure_id, t.value ->> 'name', coalesce(t.value ->> 'plane', 'mono'), new.record ->> 'mjdMid',
    new.record ->> 'timeVerdict', t.value ->> 'verdict',
    (SELECT p.value ->> 'band' FROM json_each(new.record, '$.planes') AS p
      WHERE CASE p.type WHEN 'object' THEN p.value ->> 'plane' END = t.value ->> 'plane'),
    new.record ->> 'filter', t.value ->> 'mag', t.value ->> 'magErr', t.value ->> 'limit', new.record ->> 'exposureS',
    new.record ->> 'airmass'
    FROM json_each(new.record, '$.targets') AS t
    WHERE CASE t.type WHEN 'object' THEN t.value ->> 'name' END IS NOT NULL;
END;
`,
  },
  {
    name: '20261201T1215-archive-acknowledgement',
    sql: `
-- How a centre asks its archive to be acknowledged, in its own words; NULL where it does not.
ALTER TABLE target_archives ADD COLUMN acknowledgement TEXT;
`,
  },
  {
    name: '20261201T1220-frame-quality',
    sql: `
-- What the newest reduction of each exposure tells of the sky, read out of its record, of a colour camera from the plane
-- that has a zero point: nights are asked for by time. Kept by the database itself; not STRICT, as target_points.
CREATE TABLE frame_quality (
  exposure_id   TEXT PRIMARY KEY,
  reduction_id  TEXT NOT NULL REFERENCES reductions(id) ON DELETE CASCADE,
  frame_id      INTEGER NOT NULL,
  mjd_mid       REAL,
  filter        TEXT,
  band          TEXT,
  zero_point    REAL,
  fwhm_arcsec   REAL,
  share         REAL,
  limiting_mag  REAL,
  airmass       REAL
);
CREATE INDEX frame_quality_by_time ON frame_quality (mjd_mid, fwhm_arcsec, share, limiting_mag);
CREATE INDEX frame_quality_by_reduction ON frame_quality (reduction_id);
INSERT INTO frame_quality
  SELECT exposure_id, id, frame_id, record ->> 'mjdMid', record ->> 'filter', plane ->> 'band', plane ->> 'zeroPoint',
    (plane ->> 'fwhmPx') * (record ->> 'scaleArcsecPerPx'), plane ->> '$.transparency.share', plane ->> 'limitingMag',
    record ->> 'airmass'
  FROM (SELECT *, (SELECT p.value FROM json_each(record, '$.planes') AS p WHERE p.type = 'object'
      ORDER BY CASE p.type WHEN 'object' THEN p.value ->> 'zeroPoint' END IS NULL, p.key LIMIT 1) AS plane
    FROM reductions AS r WHERE json_valid(record) AND NOT EXISTS (SELECT 1 FROM reductions AS newer
      WHERE newer.exposure_id = r.exposure_id AND newer.rowid > r.rowid));
CREATE TRIGGER frame_quality_of_reduction AFTER INSERT ON reductions WHEN json_valid(new.record)
BEGIN
  INSERT OR REPLACE INTO frame_quality
    SELECT new.exposure_id, new.id, new.frame_id, new.record ->> 'mjdMid', new.record ->> 'filter', plane ->> 'band', plane ->> 'zeroPoint',
    (plane ->> 'fwhmPx') * (new.record ->> 'scaleArcsecPerPx'), plane ->> '$.transparency.share', plane ->> 'limitingMag',
    new.record ->> 'airmass'
    FROM (SELECT (SELECT p.value FROM json_each(new.record, '$.planes') AS p WHERE p.type = 'object'
      ORDER BY CASE p.type WHEN 'object' THEN p.value ->> 'zeroPoint' END IS NULL, p.key LIMIT 1) AS plane);
END;
-- What a night brought is counted from this alone.
CREATE INDEX frames_by_arrival ON frames (seen_at_ms, instrument, kind, state) WHERE duplicate_of IS NULL;
`,
  },
  {
    name: '20261201T1225-cameras',
    sql: `
-- The cameras that the frames of an instrument came from. own: it is the instrument's; asked: nobody has said yet; other: it is not.
CREATE TABLE cameras (
  id          INTEGER PRIMARY KEY,
  instrument  TEXT NOT NULL,
  name        TEXT,
  width_px    INTEGER,
  height_px   INTEGER,
  standing    TEXT NOT NULL CHECK (standing IN ('own','asked','other')),
  path        TEXT NOT NULL,
  seen_at_ms  INTEGER NOT NULL
) STRICT;
-- What was measured so far was delivered as the instrument's.
INSERT INTO cameras (instrument, name, standing, path, seen_at_ms)
  SELECT instrument, lower(trim(facts ->> '$.camera.value')) AS name, 'own', min(path), min(seen_at_ms) FROM frames
  WHERE state = 'reduced' AND json_valid(facts) AND facts ->> '$.camera.value' IS NOT NULL
  GROUP BY instrument, name;
`,
  },
  {
    name: '20261201T1240-frames-of-a-state',
    sql: `
-- Pages of the frames of one state, by their ids, which end every index.
CREATE INDEX frames_of_state ON frames (state);
`,
  },
];
