-- Stores a group of batches in one room's log: new posts once per GUID, and each batch's cursor with them.
-- KEYS  1 room hash  2 epochs hash  3 log stream  4 cursors hash  5 bus stream  6… week sets of GUIDs
-- ARGV  1 id for a new epoch, should one begin  2 room  then per batch:
--         sender, expected cursor ('' none stored, '-' this batch moves no cursor), epoch of this log under which it may be moved,
--         next cursor, number of runs, then per run:
--           indexes in KEYS of its week set and of the neighbour to look in as well, Unix seconds at which the week set expires,
--           n <= 500, n GUIDs, n records
-- A run is consecutive posts of the same sets. No GUID comes twice in one batch.
-- Reply epoch, first, head before, head after, then per batch 'v' and a character per post: 1 seen before, 0 stored at the next offset;
--       or 'c' and the stored cursor ('' none): it is not the expected one or the epoch is another, nothing of this batch is stored
local bus_length = 1000
local room_key, epochs_key, log_key, cursors_key, bus_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local epoch, first, before = current_epoch(room_key, epochs_key, ARGV[1])
local head, duplicates = before, 0
local call, format = redis.call, string.format
local at = 3

-- Stores the run at `at`; gives its verdicts.
local function store_run()
  local seen_key, nearby_key, n = KEYS[tonumber(ARGV[at])], KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 3])
  local guids, records = at + 4, at + 4 + n
  local seen = call('SMISMEMBER', seen_key, unpack(ARGV, guids, records - 1))
  local nearby = call('SMISMEMBER', nearby_key, unpack(ARGV, guids, records - 1))
  local new = {}
  for i = 1, n do
    if nearby[i] == 1 then
      seen[i] = 1
    elseif seen[i] == 0 then
      new[#new + 1] = ARGV[guids + i - 1]
      head = head + 1
      call('XADD', log_key, format('%.0f-0', head), 'e', ARGV[records + i - 1])
    end
  end
  if #new > 0 then
    call('SADD', seen_key, unpack(new))
    call('EXPIREAT', seen_key, ARGV[at + 2], 'NX')
  end
  duplicates = duplicates + n - #new
  at = records + n
  return table.concat(seen)
end

local function skip_runs(count)
  for _ = 1, count do
    at = at + 4 + 2 * tonumber(ARGV[at + 3])
  end
end

local reply = { epoch, format('%.0f', first), format('%.0f', before), '' }
while at <= #ARGV do
  local sender, expected, under, next_cursor, runs =
    ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
  at = at + 5
  local stored = expected ~= '-' and (call('HGET', cursors_key, sender) or '')
  if stored and (stored ~= expected or under ~= epoch) then
    skip_runs(runs)
    reply[#reply + 1] = 'c' .. stored
  else
    local verdicts = { 'v' }
    for _ = 1, runs do
      verdicts[#verdicts + 1] = store_run()
    end
    if stored then
      call('HSET', cursors_key, sender, next_cursor)
    end
    reply[#reply + 1] = table.concat(verdicts)
  end
end

if duplicates > 0 then
  call('HINCRBY', room_key, 'dups', duplicates)
end
if head > before then
  call('HSET', room_key, 'head', format('%.0f', head))
  call('XADD', bus_key, 'MAXLEN', '~', bus_length, '*', 'room', ARGV[2] .. ' ' .. epoch .. ' ' .. format('%.0f', head))
end
reply[4] = format('%.0f', head)
return reply
