-- One database for all rooms of a server. Ids of posts are room * 2^40 + offset, so a room's log is one range of rowids.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- 0 while a process has the database open: found at start, writes may have been lost.
  clean INTEGER NOT NULL,
  -- Largest `at` of a post written here, in Unix ms, when a bucket of `seen` was last written or a log trimmed; the posts
  -- since then tell the rest. Kept here for each post, it would be one more page in its commit.
  last_local_at INTEGER NOT NULL
) STRICT;
INSERT INTO state VALUES (1, 1, 0);

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE room (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  -- First kept offset. The head is the newest post, or first - 1: it is not stored, to spare a page in every commit.
  first INTEGER NOT NULL
) STRICT;

CREATE TABLE ended (
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  offset INTEGER NOT NULL
) STRICT;

-- Ids of the servers that posts came in from, and the epochs of their logs, as small numbers.
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

-- How far this server has come in another server's log of the room.
CREATE TABLE cursor (
  room INTEGER NOT NULL,
  server INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (room, server)
) STRICT, WITHOUT ROWID;

CREATE TABLE post (
  id INTEGER PRIMARY KEY,
  guid BLOB NOT NULL,
  server INTEGER NOT NULL,
  -- 0 and 0 for a post that came without a cursor.
  from_epoch INTEGER NOT NULL,
  from_offset INTEGER NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;

-- GUIDs are random: an index over all of them would write another page for each post. Each bucket is a range of post ids,
-- written at once when it is full; the GUIDs of the newest posts are read from `post` at start.
CREATE TABLE seen (
  bucket INTEGER NOT NULL,
  guid BLOB NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (bucket, guid)
) STRICT, WITHOUT ROWID;
