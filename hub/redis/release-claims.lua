-- A claimant needs these GUIDs no more; what another has asked for since stays.
-- KEYS  1 claims hash, as in take-claims.lua
-- ARGV  1 claimant  then GUIDs, at most 1,000
local own = {}
for i, held in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, 2))) do
  if held and string.sub(held, string.find(held, ' ', 1, true) + 1) == ARGV[1] then
    own[#own + 1] = ARGV[i + 1]
  end
end
if #own > 0 then
  redis.call('HDEL', KEYS[1], unpack(own))
end
