-- Replaces a text if nobody has changed it since it was read.
-- KEYS  1 the text
-- ARGV  1 the text as read, '' when there was none  2 the new text  3 ms after which it is forgotten
-- Reply 1 when replaced, 0 when it was not as read
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
