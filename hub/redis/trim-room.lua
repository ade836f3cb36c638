#!lua flags=allow-oom
-- Drops the entries before an offset from a room's log.
-- KEYS  1 room hash  2 log stream
-- ARGV  1 the epoch for which the offset was found  2 the offset that becomes the first
-- A full Redis (OOM) takes it all the same: it makes room.
-- Reply how many were dropped; 0 when the epoch is another by now or somebody else has trimmed so far already
local room = redis.call('HMGET', KEYS[1], 'epoch', 'first', 'head')
local first, head, new_first = tonumber(room[2]) or 1, tonumber(room[3]) or 0, tonumber(ARGV[2])
if room[1] ~= ARGV[1] or new_first <= first or new_first > head + 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'first', string.format('%.0f', new_first))
redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f-0', new_first))
return new_first - first
