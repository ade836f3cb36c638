-- One claimant asks for GUIDs: it gets all of them, or none when another has one.
-- KEYS  1 claims hash: GUID → Unix ms at which the claim runs out, a space, the claimant
-- ARGV  1 claimant  2 ms  then GUIDs, at most 1,000
-- Reply 1 all are the claimant's now, 0 nothing has changed
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local value = string.format('%.0f', now + ARGV[2]) .. ' ' .. ARGV[1]
local fields = {}
for i, held in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, 3))) do
  if held then
    local space = string.find(held, ' ', 1, true)
    if tonumber(string.sub(held, 1, space - 1)) > now and string.sub(held, space + 1) ~= ARGV[1] then
      return 0
    end
  end
  fields[#fields + 1] = ARGV[i + 2]
  fields[#fields + 1] = value
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
return 1
