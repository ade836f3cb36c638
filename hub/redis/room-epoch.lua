-- Put before every script that writes a room. An epoch is one unbroken history of a room's log: when this server's replication id
-- is not the one the room was last written under (restart, promotion of a replica, restore) or the room is missing (wiped),
-- writes may have been lost, so a new epoch begins and the offset at which the old one ended is remembered.
-- The id also changes where nothing was lost (a first replica attaches, the last one is gone for an hour): an epoch more does no harm.
local epochs_max = 64

-- Room hash: epoch, first (offset first kept), head, replid, epochs (how many ended so far), dups.
-- Epochs hash: epoch -> '<offset at which it ended> <its number>'; the newest 64 are kept.
-- Gives epoch, first, head.
local function current_epoch(room_key, epochs_key, new_epoch)
  local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  local room = redis.call('HMGET', room_key, 'epoch', 'first', 'head', 'replid')
  local epoch, first, head = room[1], tonumber(room[2]) or 1, tonumber(room[3]) or 0
  if room[4] == replid then
    return epoch, first, head
  end
  if epoch then
    local number = redis.call('HINCRBY', room_key, 'epochs', 1)
    redis.call('HSET', epochs_key, epoch, string.format('%.0f %d', head, number))
    if redis.call('HLEN', epochs_key) > epochs_max then
      local ended = redis.call('HGETALL', epochs_key)
      for i = 1, #ended, 2 do
        if tonumber(string.match(ended[i + 1], ' (%d+)$')) <= number - epochs_max then
          redis.call('HDEL', epochs_key, ended[i])
        end
      end
    end
  end
  redis.call('HSET', room_key, 'epoch', new_epoch, 'first', string.format('%.0f', first),
    'head', string.format('%.0f', head), 'replid', replid)
  return new_epoch, first, head
end
