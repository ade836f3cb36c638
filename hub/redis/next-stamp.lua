-- The time for the next post of this hub: strictly increasing over all instances, whatever their clocks say.
-- KEYS  1 the last time given
-- ARGV  1 Unix ms of the instance that asks
-- Reply the time as text
local last = tonumber(redis.call('GET', KEYS[1]) or 0)
local stamp = string.format('%.0f', math.max(tonumber(ARGV[1]), last + 1))
redis.call('SET', KEYS[1], stamp)
return stamp
