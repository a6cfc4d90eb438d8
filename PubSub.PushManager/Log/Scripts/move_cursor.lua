-- Keeps how far a device has got in its user's log; never back, and never to where the log is not.
-- KEYS behind channel.lua's: 4 cursors
-- ARGV behind channel.lua's: 6 and 7 the position, 8 whether a person read it, 9 device, 10 most devices
-- A cursor is kept as 'epoch-offset milliseconds'. Answers {1} where the log is off, otherwise {0}.
if off then
  return {1}
end

local present = redis.call('HMGET', position, 'epoch', 'offset')
local offset = tonumber(ARGV[7])
if present[1] ~= ARGV[6] or offset > tonumber(present[2] or '0') then
  return {0}
end

local function move(kind)
  local name = kind .. ':' .. ARGV[9]
  local old = redis.call('HGET', KEYS[4], name)
  local old_epoch, old_offset = string.match(old or '', '^(%d+)-(%d+)')
  if old_epoch == ARGV[6] and tonumber(old_offset) >= offset then
    return
  end
  redis.call('HSET', KEYS[4], name, ARGV[6] .. '-' .. ARGV[7] .. ' ' .. string.format('%.0f', now))
  redis.call('EXPIRE', KEYS[4], position_age)
  return not old
end

local is_new = move('delivered')
if ARGV[8] == '1' then
  move('read')
end
if not is_new or redis.call('HLEN', KEYS[4]) <= tonumber(ARGV[10]) then
  return {0}
end

-- Too many devices, perhaps: the one furthest behind is forgotten.
local all = redis.call('HGETALL', KEYS[4])
local devices, last, last_offset = 0, nil, nil
for i = 1, #all, 2 do
  local device = string.match(all[i], '^delivered:(.*)$')
  if device then
    devices = devices + 1
    local epoch, at = string.match(all[i + 1], '^(%d+)-(%d+)')
    at = epoch == ARGV[6] and tonumber(at) or -1
    if device ~= ARGV[9] and (not last or at < last_offset) then
      last, last_offset = device, at
    end
  end
end
if devices > tonumber(ARGV[10]) then
  redis.call('HDEL', KEYS[4], 'delivered:' .. last, 'read:' .. last)
end
return {0}
