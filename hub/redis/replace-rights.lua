-- Replaces the record of a spoke if nobody has changed it since it was read.
-- KEYS  1 the hash of all records, by the id of the spoke; its field "version" changes with every change
-- ARGV  1 the id  2 the record as read, '' when there was none  3 the new record, '' to remove it  4 the new version
--       5 how many records there may be
-- Reply 1 when replaced, 0 when it was not as read, -1 when there would be too many
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  -- The version is a field, too.
  if ARGV[2] == '' and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then
    return -1
  end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
redis.call('HSET', KEYS[1], 'version', ARGV[4])
return 1
