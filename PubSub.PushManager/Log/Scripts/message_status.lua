-- Where a message of a user's log is, and how far the user's devices have got.
-- KEYS behind channel.lua's: 4 cursors, 5 the message id, 6 the latest acknowledgements
-- ARGV behind channel.lua's: 6 the message id ('' where the position is given), 7 and 8 the position
-- Answers {1} where the log is off, {3} where it does not hold the message, otherwise
--   {0, epoch, offset, when it was accepted (0 where it is no longer kept), message id, cursors: names and values,
--   acknowledgements of it, oldest first: of each when, session, device, whether it was delivered and whether read by it}
if off then
  return {1}
end

local present = redis.call('HMGET', position, 'epoch', 'offset')
local epoch, offset = ARGV[7], tonumber(ARGV[8])

local function id_of(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'id' then
      return entry[2][i + 1]
    end
  end
  return ''
end

local function find(id)
  local place = redis.call('GET', KEYS[5])
  if place then
    return string.match(place, '^(%d+)-(%d+)$')
  end
  -- Its id is forgotten, or was never the publisher's own: the log has it. Newest first, as who asks, asks soon.
  local until_id = '+'
  while true do
    local page = redis.call('XREVRANGE', log, until_id, '-', 'COUNT', 100)
    for _, entry in ipairs(page) do
      if id_of(entry) == id then
        return string.match(entry[1], '^(%d+)-(%d+)$')
      end
    end
    if #page < 100 then
      return
    end
    until_id = '(' .. page[#page][1]
  end
end

local function acks_of(its_epoch, its_offset)
  local acks = {}
  for _, entry in ipairs(redis.call('XRANGE', KEYS[6], '-', '+')) do
    local ack = {}
    for i = 1, #entry[2], 2 do
      ack[entry[2][i]] = entry[2][i + 1]
    end
    if ack.epoch == its_epoch and tonumber(ack.to) >= its_offset then
      local delivered, read = tonumber(ack.from) < its_offset, tonumber(ack.read_from) < its_offset
      if delivered or read then
        local last = #acks
        acks[last + 1], acks[last + 2], acks[last + 3] = string.match(entry[1], '^%d+'), ack.session, ack.device
        acks[last + 4], acks[last + 5] = delivered and '1' or '0', read and '1' or '0'
      end
    end
  end
  return acks
end

if ARGV[6] ~= '' then
  local found_epoch, found_offset = find(ARGV[6])
  if not found_epoch then
    return {3}
  end
  epoch, offset = found_epoch, tonumber(found_offset)
end
if epoch ~= present[1] or offset < 1 or offset > tonumber(present[2] or '0') then
  return {3}
end

local place = epoch .. '-' .. string.format('%.0f', offset)
local entry = redis.call('XRANGE', log, place, place)[1]
return {0, epoch, string.format('%.0f', offset), entry and entry[2][2] or '0', entry and id_of(entry) or ARGV[6],
  redis.call('HGETALL', KEYS[4]), acks_of(epoch, offset)}
