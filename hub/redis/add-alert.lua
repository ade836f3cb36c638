-- Adds an alert under the next number: strictly increasing, and never below the time it was raised.
-- KEYS  1 stream; the first part of an id is the alert's number
-- ARGV  1 Unix ms  2 the alert as JSON  3 how many are kept  4 what happens once only, or ''  5 how many of one server
-- Reply the number as text; '' when there is one with the same fourth argument
local entries = redis.call('XRANGE', KEYS[1], '-', '+')
if ARGV[4] ~= '' then
  for _, entry in ipairs(entries) do
    if entry[2][4] == ARGV[4] then
      return ''
    end
  end
end

-- As placeToGo of common/alerts/kept-alerts.ts. In a text the quotes have a backslash before them: it cannot look like that.
local function place_to_go()
  local spokes, counts, most = {}, {}, 0
  for i, entry in ipairs(entries) do
    local spoke = string.match(entry[2][2], '"spoke":"([^"]*)"')
    if spoke then
      spokes[i] = spoke
      counts[spoke] = (counts[spoke] or 0) + 1
      most = math.max(most, counts[spoke])
    end
  end
  if most > tonumber(ARGV[5]) then
    for i = 1, #entries do
      if spokes[i] and counts[spokes[i]] == most then
        return i
      end
    end
  end
  return 1
end

local newest = entries[#entries]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
local number = string.format('%.0f', math.max(tonumber(ARGV[1]), last + 1))
redis.call('XADD', KEYS[1], number .. '-0', 'alert', ARGV[2], 'once', ARGV[4])
table.insert(entries, { number .. '-0', { 'alert', ARGV[2] } })
while #entries > tonumber(ARGV[3]) do
  redis.call('XDEL', KEYS[1], table.remove(entries, place_to_go())[1])
end
return number
