-- Adds an alert under the next number: strictly increasing, and never below the time it was raised.
-- KEYS  1 stream; the first part of an id is the alert's number
-- ARGV  1 Unix ms  2 the alert as JSON  3 how many are kept  4 what happens once only, or ''
-- Reply the number as text; '' when there is one with the same fourth argument
if ARGV[4] ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
    if entry[2][4] == ARGV[4] then
      return ''
    end
  end
end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
local number = string.format('%.0f', math.max(tonumber(ARGV[1]), last + 1))
redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[3], number .. '-0', 'alert', ARGV[2], 'once', ARGV[4])
return number
