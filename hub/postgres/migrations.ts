/** One change of the schema; never edited once released. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The schema of a hub in PostgreSQL 15 or newer. Times are Unix milliseconds; what sites and operators said stays text, as it came. */
export const migrations: readonly Migration[] = [
  {
    name: '20261201T0640-initial',
    sql: `
-- Every revision of every parcel, as it came: gzip-compressed JSON, the checksum that of the JSON.
CREATE TABLE parcels (
  cursor          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site            text NOT NULL,
  key             text NOT NULL,
  revision        text NOT NULL,
  instrument      text NOT NULL,
  subject         text NOT NULL,
  exposure_id     text NOT NULL,
  file_hash       text NOT NULL,
  checksum        text NOT NULL,
  body            bytea NOT NULL,
  received_at_ms  bigint NOT NULL,
  UNIQUE (site, key, revision)
);
-- They are compressed already.
ALTER TABLE parcels ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX parcels_by_site ON parcels (site, cursor);

CREATE TABLE requests (
  id                  text PRIMARY KEY,
  site                text NOT NULL,
  payload             text NOT NULL,
  state               text NOT NULL,
  reason              text NOT NULL DEFAULT '',
  answer              text CHECK (answer IN ('accept', 'decline')),
  cancel_reason       text,
  result              text,
  parts               integer,
  submitted_at_ms     bigint NOT NULL,
  state_at_ms         bigint NOT NULL
);
CREATE INDEX requests_by_site ON requests (site, submitted_at_ms);

-- What is to be said to a site of its requests, in the order it is said.
CREATE TABLE messages (
  site                text NOT NULL,
  seq                 bigint NOT NULL,
  kind                text NOT NULL CHECK (kind IN ('offer', 'cancel')),
  request_id          text NOT NULL REFERENCES requests (id),
  acknowledged_at_ms  bigint,
  UNIQUE (site, seq) DEFERRABLE,
  UNIQUE (request_id, kind)
);

-- The row of a site is held from the number that it gives until the commit: numbers follow the order of commits.
CREATE TABLE sites (
  site                text PRIMARY KEY,
  last_seq            bigint NOT NULL
);

-- Results that are too large for one message, in the parts in which they came.
CREATE TABLE result_parts (
  request_id          text NOT NULL REFERENCES requests (id),
  part                integer NOT NULL,
  body                text NOT NULL,
  PRIMARY KEY (request_id, part)
);

-- The ids that requests submitted without one were given, so that a repeated submission is given the same one.
CREATE TABLE submissions (
  digest              text PRIMARY KEY,
  request_id          text NOT NULL,
  submitted_at_ms     bigint NOT NULL
);

-- The positions that the network cares for, each as the operator gave it.
CREATE TABLE targets (
  name                text COLLATE "C" PRIMARY KEY,
  payload             text NOT NULL
);

-- Which connection of which process speaks with a site, and until when it is believed to.
CREATE TABLE leases (
  site                text PRIMARY KEY,
  holder              text NOT NULL,
  expires_at_ms       bigint NOT NULL
);
`,
  },
];
