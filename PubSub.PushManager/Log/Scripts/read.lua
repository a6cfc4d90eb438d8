-- Reads one channel's log after a position, and starts the log where there is none yet: a subscriber's first
-- position then names the epoch in which the next message comes.
-- ARGV behind channel.lua's: 6 and 7 the position (epoch 0 is the present one), 8 limit, 9 newest instead of oldest,
--   10 bytes after which no further message is taken, 11 the kept cursor to begin behind ('' is the position)
-- KEYS behind channel.lua's: 4 cursors
-- Answers {2} where the room is missing, {1} where the log is off, otherwise
--   {0, epoch, end offset, first offset, complete, entries, epoch and offset of the position that was taken}
if off then
  return {1}
end

local epoch, last = present_life('0', 0)
drop_aged(epoch)
if max_messages < redis.call('XLEN', log) then
  redis.call('XTRIM', log, 'MAXLEN', max_messages)
end

local asked_epoch, asked_offset, limit = ARGV[6], ARGV[7], tonumber(ARGV[8])
if ARGV[11] ~= '' then
  local cursor = redis.call('HGET', KEYS[4], ARGV[11])
  asked_epoch, asked_offset = string.match(cursor or '0-0', '^(%d+)-(%d+)')
end
local after = tonumber(asked_offset)
local is_of_this_life = asked_epoch == '0' or asked_epoch == epoch
if not is_of_this_life then
  after = 0
end

local first = last + 1
local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
if oldest then
  first = tonumber(string.match(oldest[1], '-(%d+)$'))
end

-- Taken in pieces, because nobody knows in advance how large a thousand messages are.
local entries, bytes, budget = {}, 0, tonumber(ARGV[10])
local low, high = after + 1, last
while #entries < limit and low <= high and bytes < budget do
  local from, to = epoch .. '-' .. string.format('%.0f', low), epoch .. '-' .. string.format('%.0f', high)
  local count = math.min(limit - #entries, 20)
  local piece = ARGV[9] == '1' and redis.call('XREVRANGE', log, to, from, 'COUNT', count)
    or redis.call('XRANGE', log, from, to, 'COUNT', count)
  for _, entry in ipairs(piece) do
    if bytes >= budget then
      break
    end
    for _, text in ipairs(entry[2]) do
      bytes = bytes + #text
    end
    entries[#entries + 1] = entry
    local offset = tonumber(string.match(entry[1], '-(%d+)$'))
    if ARGV[9] == '1' then
      high = offset - 1
    else
      low = offset + 1
    end
  end
  if #piece < count then
    break
  end
end

if ARGV[9] == '1' then
  for i = 1, math.floor(#entries / 2) do
    entries[i], entries[#entries + 1 - i] = entries[#entries + 1 - i], entries[i]
  end
end

local complete = is_of_this_life and after <= last
if complete and entries[1] then
  complete = tonumber(string.match(entries[1][1], '-(%d+)$')) == after + 1
elseif complete then
  complete = after == last or (limit == 0 and first <= after + 1)
end

return {0, epoch, string.format('%.0f', last), string.format('%.0f', first), complete and 1 or 0, entries, asked_epoch, asked_offset}
