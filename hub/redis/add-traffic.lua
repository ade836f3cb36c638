-- Adds to the bytes of spokes on one day.
-- KEYS  1 hash of the day: a spoke's id -> bytes, '<id> cap' -> the most its config allows a day
-- ARGV  1 ms for which it is kept from now on  then per spoke: id, bytes, cap ('' none); at most 1,000 spokes
-- Reply nothing
for i = 2, #ARGV, 3 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  if ARGV[i + 2] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i] .. ' cap')
  else
    redis.call('HSET', KEYS[1], ARGV[i] .. ' cap', ARGV[i + 2])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
