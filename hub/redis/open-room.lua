-- What a room's log knows of its past; creates the room, and opens a new epoch where one is due.
-- KEYS  1 room hash  2 epochs hash
-- ARGV  1 id for a new epoch, should one begin
-- Reply epoch, first, head, then pairs: an epoch that ended and the text '<offset> <number>'
local epoch, first, head = current_epoch(KEYS[1], KEYS[2], ARGV[1])
local reply = redis.call('HGETALL', KEYS[2])
table.insert(reply, 1, string.format('%.0f', head))
table.insert(reply, 1, string.format('%.0f', first))
table.insert(reply, 1, epoch)
return reply
