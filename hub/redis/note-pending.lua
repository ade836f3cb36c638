-- Notes a spoke that waits to be approved; of too many the one that has not come for longest is forgotten.
-- KEYS  1 sorted set of ids by when they came last  2 hash of what is known of each
-- ARGV  1 the id  2 Unix ms  3 what is known of it, as JSON  4 how many there may be
-- Reply nothing
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[4]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  redis.call('ZREM', KEYS[1], oldest)
  redis.call('HDEL', KEYS[2], oldest)
end
