-- Names the present history of the server, and in a cluster of one hash tag: the name changes when it was restarted, promoted or wiped,
-- or the tag was moved to another node.
-- It writes each time: a server that cannot write is noticed before a post is.
-- KEYS  1 hash: id, replid, checkedAt
-- ARGV  1 the name, should a new one be due  2 Unix ms
-- Reply the name
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local known = redis.call('HMGET', KEYS[1], 'id', 'replid')
local id = known[2] == replid and known[1] or ARGV[1]
redis.call('HSET', KEYS[1], 'id', id, 'replid', replid, 'checkedAt', ARGV[2])
return id
