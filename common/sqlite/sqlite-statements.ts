// The SQL of logs, rooms and GUIDs, prepared once for all rooms. What is called an id names a room and an offset in it.
import { LOCAL } from '../post-log.ts'
import type { SqliteDb } from './sqlite-db.ts'
import { roomIds } from './sqlite-entries.ts'

/** Posts in a bucket of `seen`: the most GUIDs a room keeps in memory beside one group of appends, and reads at start. */
export const bucketPosts = 4096

export type LogStatements = ReturnType<typeof prepareLogStatements>

export function prepareLogStatements(db: SqliteDb) {
  const entry = 'SELECT id, guid, server, from_epoch, from_offset, at, received_at, json FROM post'
  return {
    head: db.prepare('SELECT id FROM post WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1'),
    seen: prepareSeenStatements(db),
    addPost: db.prepare('INSERT INTO post VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    cursor: db.prepare('SELECT epoch, offset FROM cursor WHERE room = ? AND server = ?'),
    cursors: db.prepare('SELECT name.text AS server FROM cursor JOIN name ON name.id = cursor.server WHERE room = ?'),
    dropCursor: db.prepare('DELETE FROM cursor WHERE room = ? AND server = ?'),
    setCursor: db.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?)'),
    read: db.prepareArrays(`${entry} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`),
    one: db.prepareArrays(`${entry} WHERE id = ?`),
    firstYoung: db.prepare('SELECT id FROM post WHERE id BETWEEN ? AND ? AND received_at >= ? ORDER BY id LIMIT 1'),
    dropPosts: db.prepare('DELETE FROM post WHERE id BETWEEN ? AND ?'),
    saveLocalAt: db.prepare('UPDATE state SET last_local_at = max(last_local_at, ?)'),
    setFirst: db.prepare('UPDATE room SET first = ? WHERE id = ?'),
  }
}

/** A room as the store found or made it. */
export interface RoomRow {
  number: number
  room: string
  epoch: string
  first: number
  /** Newest last. */
  ended: ReadonlyMap<string, number>
}

/** Offset of a room's newest entry; first - 1 when there is none. */
export function storedHead(statements: LogStatements, { number, first }: Pick<RoomRow, 'number' | 'first'>): number {
  const newest = statements.head.get(number * roomIds + first, (number + 1) * roomIds - 1)
  return newest === undefined ? first - 1 : Number(newest.id) - number * roomIds
}

export type SeenStatements = ReturnType<typeof prepareSeenStatements>

function prepareSeenStatements(db: SqliteDb) {
  return {
    // Ids and GUIDs of the posts in a range of ids.
    recent: db.prepareArrays('SELECT id, guid FROM post WHERE id BETWEEN ? AND ? ORDER BY id'),
    lastBucket: db.prepare('SELECT max(bucket) AS bucket FROM seen WHERE bucket BETWEEN ? AND ?'),
    sealed: db.prepareArrays('SELECT bucket, guid FROM seen WHERE bucket BETWEEN ? AND ?'),
    seal: db.prepare('INSERT OR IGNORE INTO seen SELECT ?, guid, id FROM post WHERE id BETWEEN ? AND ? ORDER BY guid'),
    find: db.prepare('SELECT id FROM seen WHERE bucket = ? AND guid = ?'),
    drop: db.prepare('DELETE FROM seen WHERE bucket BETWEEN ? AND ?'),
    // Buckets of a room whose posts are gone while their GUIDs are still of use, and when the last of those posts came in.
    retired: db.prepareArrays(`SELECT CAST(substr(key, 9) AS INTEGER) AS bucket, CAST(value AS INTEGER) FROM meta
      WHERE key BETWEEN 'retired:' AND 'retired;' AND bucket BETWEEN ? AND ?`),
    retire: db.prepare(`INSERT OR REPLACE INTO meta
      SELECT 'retired:' || ?, CAST(max(received_at) AS TEXT) FROM post WHERE id BETWEEN ? AND ?`),
    unretire: db.prepare("DELETE FROM meta WHERE key = 'retired:' || ?"),
    // Largest `at` of the posts from LOCAL that are in no sealed bucket, of all rooms.
    newestLocalAt: db.prepare(`SELECT max(post.at) AS at FROM room JOIN post ON post.id BETWEEN
      ${bucketPosts} * (SELECT ifnull(max(bucket), -1) + 1 FROM seen WHERE bucket BETWEEN
        room.id * ${roomIds / bucketPosts} AND (room.id + 1) * ${roomIds / bucketPosts} - 1)
      AND (room.id + 1) * ${roomIds} - 1 WHERE post.id >= room.id * ${roomIds}
      AND post.server = (SELECT id FROM name WHERE text = '${LOCAL}')`),
  }
}

export type StoreStatements = ReturnType<typeof prepareStoreStatements>

export function prepareStoreStatements(db: SqliteDb) {
  return {
    state: db.prepare('SELECT clean, last_local_at FROM state'),
    setClean: db.prepare('UPDATE state SET clean = ?'),
    rooms: db.prepare('SELECT id, name, epoch FROM room'),
    countRooms: db.prepare('SELECT count(*) AS count FROM room'),
    roomNames: db.prepare('SELECT name FROM room ORDER BY id'),
    room: db.prepare('SELECT id, epoch, first FROM room WHERE name = ?'),
    addRoom: db.prepare('INSERT INTO room (name, epoch, first) VALUES (?, ?, 1)'),
    setEpoch: db.prepare('UPDATE room SET epoch = ? WHERE id = ?'),
    ended: db.prepare('SELECT epoch, offset FROM ended WHERE room = ? ORDER BY id'),
    addEnded: db.prepare('INSERT INTO ended (room, epoch, offset) VALUES (?, ?, ?)'),
    dropEnded: db.prepare(
      'DELETE FROM ended WHERE room = ? AND id NOT IN (SELECT id FROM ended WHERE room = ? ORDER BY id DESC LIMIT ?)',
    ),
  }
}
