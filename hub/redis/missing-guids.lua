-- Which GUIDs are in none of a room's week sets.
-- KEYS  the week sets
-- ARGV  GUIDs, at most 1,000
-- Reply a character per GUID: 1 seen, 0 missing
local seen = {}
for i = 1, #ARGV do
  seen[i] = 0
end
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    for i, found in ipairs(redis.call('SMISMEMBER', key, unpack(ARGV))) do
      if found == 1 then
        seen[i] = 1
      end
    end
  end
end
return table.concat(seen)
