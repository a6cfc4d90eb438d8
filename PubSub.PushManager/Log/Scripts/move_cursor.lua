-- Keeps how far a device has got in its user's log; never back, and never to where the log is not.
-- KEYS behind channel.lua's: 4 cursors, 5 the messages whose receipts are wanted, 6 the latest acknowledgements
-- ARGV behind channel.lua's: 6 and 7 the position, 8 whether a person read it, 9 device, 10 most devices, 11 whether the
--   wanted receipts of this move are told, 12 session ('' where nobody says), 13 the offset behind which it answers,
--   14 how many acknowledgements are kept
-- A cursor is kept as 'epoch-offset milliseconds'. Answers {1} where the log is off, {4, offset, milliseconds, receipts}
-- where receipts have to be told before the cursor may move to that offset (of each: kind, offset, feed, message id), else {0}.
if off then
  return {1}
end

local present = redis.call('HMGET', position, 'epoch', 'offset')
local offset = tonumber(ARGV[7])
if present[1] ~= ARGV[6] or offset > tonumber(present[2] or '0') then
  return {0}
end

local is_read = ARGV[8] == '1'

local function reached(kind)
  local epoch, at = string.match(redis.call('HGET', KEYS[4], kind .. ':' .. ARGV[9]) or '', '^(%d+)-(%d+)')
  return epoch == ARGV[6] and tonumber(at) or 0
end

-- One page of the receipts that lie on the way of the cursor, and where the page ends.
local function receipts_due()
  local delivered, read = reached('delivered'), is_read and reached('read') or offset
  local after = string.format('%.0f', math.min(delivered, read))
  local due, page, of_other_lives
  repeat
    due, of_other_lives = {}, 0
    page = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. after, ARGV[7], 'LIMIT', 0, 200)
    for _, wanted in ipairs(page) do
      local epoch, at, feed, message = string.match(wanted, '^(%d+)\n(%d+)\n([^\n]*)\n(.*)$')
      if epoch ~= ARGV[6] then
        redis.call('ZREM', KEYS[5], wanted)
        of_other_lives = of_other_lives + 1
      else
        for _, kind in ipairs({{'delivered', delivered}, {'read', read}}) do
          if tonumber(at) > kind[2] then
            local last = #due
            due[last + 1], due[last + 2], due[last + 3], due[last + 4] = kind[1], at, feed, message
          end
        end
      end
    end
  until of_other_lives == 0 or #page < 200
  return due, #page < 200 and ARGV[7] or due[#due - 2]
end

if ARGV[11] == '0' and redis.call('EXISTS', KEYS[5]) == 1 then
  local due, up_to = receipts_due()
  if #due > 0 then
    return {4, up_to, string.format('%.0f', now), unpack(due)}
  end
end

-- The session answers for what it was sent, and for what no session of its device has acknowledged before it.
if ARGV[12] ~= '' and ARGV[14] ~= '0' then
  local since = tonumber(ARGV[13])
  local from = math.min(since, reached('delivered'))
  local read_from = is_read and math.min(since, reached('read')) or offset
  if offset > from or offset > read_from then
    redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[14], '*', 'session', ARGV[12], 'device', ARGV[9], 'epoch', ARGV[6],
      'from', string.format('%.0f', from), 'read_from', string.format('%.0f', read_from), 'to', ARGV[7])
    redis.call('EXPIRE', KEYS[6], position_age)
  end
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
if is_read then
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
