-- Appends messages to one channel, in order, each at most once for its id.
-- KEYS behind channel.lua's: one per message that has an id of its publisher, in order; behind them, where receipts are
--   wanted, the messages of which they are
-- ARGV behind channel.lua's: 6 and 7 the last position that the caller knows, 8 number of messages; then for each:
--   seconds that its id is kept (0 where it has none; behind a blank, where it was accepted before), number of fields and values, those; behind all of them, for each
--   message whose receipts are wanted: which it is of these, the feed, its id
-- Answers {2} where the room is missing, otherwise {1 where the log is off, else 0; epoch, offset, duplicate of each}
local answer = {off and 1 or 0}
local argument, next_id = 9, 4

local epoch, offset = '0', 0
if not off then
  epoch, offset = present_life(ARGV[6], tonumber(ARGV[7]))
end
local first = offset

-- A copy whose id may be forgotten. Where the log is the one that took it, it stands there, or was cut off with its time.
local function stands_at(place)
  local its_epoch, its_offset = string.match(place, '^(%d+)-(%d+)$')
  return off or (its_epoch == epoch and tonumber(its_offset) <= first)
end

for _ = 1, tonumber(ARGV[8]) do
  local id_seconds, count = ARGV[argument], tonumber(ARGV[argument + 1])
  local has_id = id_seconds ~= '0'
  local earlier = has_id and redis.call('GET', KEYS[next_id])
  local blank = string.find(id_seconds, ' ', 1, true)
  if blank then
    local place = string.sub(id_seconds, blank + 1)
    id_seconds = string.sub(id_seconds, 1, blank - 1)
    earlier = earlier or (stands_at(place) and place)
  end
  if earlier then
    local earlier_epoch, earlier_offset = string.match(earlier, '^(%d+)-(%d+)$')
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = earlier_epoch, earlier_offset, 1
  else
    local place = epoch .. '-0'
    if not off then
      offset = offset + 1
      place = epoch .. '-' .. string.format('%.0f', offset)
      redis.call('XADD', log, place, 'at', string.format('%.0f', now), unpack(ARGV, argument + 2, argument + 1 + count))
    end
    if has_id then
      redis.call('SET', KEYS[next_id], place, 'EX', id_seconds)
    end
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = epoch, string.format('%.0f', offset), 0
  end
  if has_id then
    next_id = next_id + 1
  end
  argument = argument + 2 + count
end

if offset > first then
  redis.call('HSET', position, 'offset', string.format('%.0f', offset))
  redis.call('EXPIRE', position, position_age)
  redis.call('XTRIM', log, 'MAXLEN', max_messages)
  drop_aged(epoch)
  redis.call('EXPIRE', log, max_age)
end

if argument < #ARGV and not off then
  local wanted = KEYS[#KEYS]
  for i = argument, #ARGV, 3 do
    local place = 2 + (ARGV[i] - 1) * 3
    if answer[place + 2] == 0 then
      redis.call('ZADD', wanted, answer[place + 1], table.concat({epoch, answer[place + 1], ARGV[i + 1], ARGV[i + 2]}, '\n'))
    end
  end
  -- What the log holds no longer, no new device gets.
  redis.call('ZREMRANGEBYSCORE', wanted, '-inf', string.format('%.0f', offset - max_messages))
  redis.call('ZREMRANGEBYRANK', wanted, 0, -(max_messages + 1))
  redis.call('EXPIRE', wanted, max_age)
end

return answer
