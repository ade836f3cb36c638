#!lua flags=allow-oom
-- Takes, keeps or gives back the right to run a job: one holder at a time.
-- A full Redis (OOM) takes it all the same: there are jobs that make room.
-- KEYS  1 the lock
-- ARGV  1 who asks  2 ms for which it is held from now on; 0 gives it back
-- Reply 1 when it is held by who asks (or was, and is given back), 0 when by another
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif holder then
  redis.call('DEL', KEYS[1])
end
return 1
