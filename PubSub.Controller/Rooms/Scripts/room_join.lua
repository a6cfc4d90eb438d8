-- KEYS: room, members, sessions, nodes.
-- ARGV: user, user name, session in room, registration, generation, now, room as JSON to create or ''.
-- Returns {outcome, room json, user count}; the outcomes are joined, created, full, missing.
-- The check of the places and the taking of one are one step: a race for the last place has one winner.
local room = redis.call('GET', KEYS[1])
local outcome = 'joined'
if not room then
  if ARGV[7] == '' then
    return {'missing', '', 0}
  end
  room = ARGV[7]
  outcome = 'created'
end

local member = redis.call('HGET', KEYS[2], ARGV[1])
if not member and redis.call('HLEN', KEYS[2]) >= cjson.decode(room).max_users then
  return {'full', room, redis.call('HLEN', KEYS[2])}
end

if outcome == 'created' then
  redis.call('SET', KEYS[1], room)
end

-- A session that is here already says it again, or is the next life of one under the same name.
if redis.call('HSET', KEYS[3], ARGV[3], ARGV[5]) == 1 then
  local record = member and cjson.decode(member) or {name = ARGV[2], devices = 0, joined_at = tonumber(ARGV[6])}
  record.devices = record.devices + 1
  if ARGV[2] ~= '' then
    record.name = ARGV[2]
  end
  redis.call('HSET', KEYS[2], ARGV[1], cjson.encode(record))
  redis.call('HINCRBY', KEYS[4], ARGV[4], 1)
end
return {outcome, room, redis.call('HLEN', KEYS[2])}
