-- What append and read share: the settings of this channel's log, and its present life.
-- KEYS: 1 log, 2 position, 3 the room (of other channels: the position again)
-- ARGV: 1 kind, 2 off, 3 max messages, 4 max age in seconds, 5 seconds that an idle position is kept
local log, position, owner = KEYS[1], KEYS[2], KEYS[3]
local off = ARGV[2] == '1'
local max_messages = tonumber(ARGV[3])
local max_age = tonumber(ARGV[4])
local position_age = tonumber(ARGV[5])

local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)

-- A room that was deleted and made again is another room, so its log starts another life.
local life = ''

if ARGV[1] == 'room' then
  local text = redis.call('GET', owner)
  if not text then
    return {2}
  end
  local readable, room = pcall(cjson.decode, text)
  if not readable or type(room) ~= 'table' then
    return redis.error_reply('DAMAGED the value of ' .. owner .. ' is not a JSON object')
  end
  if type(room.created_at) == 'number' then
    life = string.format('%.0f', room.created_at)
  end
  if type(room.log) == 'table' then
    if room.log.off == true then
      off = true
    end
    if type(room.log.max_messages) == 'number' and room.log.max_messages > 0 then
      max_messages = room.log.max_messages
    end
    if type(room.log.max_age_seconds) == 'number' and room.log.max_age_seconds > 0 then
      max_age = room.log.max_age_seconds
    end
  end
end

position_age = math.max(position_age, max_age)

-- Epochs stay text: they are too long for the format in which Lua prints numbers.
local function present_life(known_epoch, known_offset)
  local found = redis.call('HMGET', position, 'epoch', 'offset', 'life')
  local epoch, offset = found[1], tonumber(found[2] or '0')
  if epoch and (found[3] or '') == life and (epoch ~= known_epoch or offset >= known_offset) then
    return epoch, offset
  end

  -- Nothing here, another room's, or a store that came back older than what we were told it holds.
  local new = math.max(micros, tonumber(epoch or '0') + 1, tonumber(known_epoch) + 1)
  epoch = string.format('%.0f', new)
  redis.call('DEL', log)
  redis.call('HSET', position, 'epoch', epoch, 'offset', 0, 'life', life)
  redis.call('EXPIRE', position, position_age)
  return epoch, 0
end

local function drop_aged(epoch)
  local oldest_allowed = now - max_age * 1000
  local count = 1
  while true do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', count)
    local keep_from = nil
    for _, entry in ipairs(oldest) do
      if tonumber(entry[2][2]) >= oldest_allowed then
        break
      end
      keep_from = tonumber(string.match(entry[1], '-(%d+)$')) + 1
    end
    if not keep_from then
      return
    end
    redis.call('XTRIM', log, 'MINID', epoch .. '-' .. string.format('%.0f', keep_from))
    count = 100
  end
end
