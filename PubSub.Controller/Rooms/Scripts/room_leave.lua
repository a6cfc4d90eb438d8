-- KEYS: members, sessions, nodes. ARGV: user, session in room, registration, generation ('' is any).
-- Returns {1 when the session was in the room, user count}.
-- The generation keeps a late leave of an ended session away from a new one under the same name.
local generation = redis.call('HGET', KEYS[2], ARGV[2])
if not generation or (ARGV[4] ~= '' and ARGV[4] ~= generation) then
  return {0, redis.call('HLEN', KEYS[1])}
end

redis.call('HDEL', KEYS[2], ARGV[2])
if redis.call('HINCRBY', KEYS[3], ARGV[3], -1) <= 0 then
  redis.call('HDEL', KEYS[3], ARGV[3])
end

local member = redis.call('HGET', KEYS[1], ARGV[1])
if member then
  local record = cjson.decode(member)
  record.devices = record.devices - 1
  if record.devices > 0 then
    redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(record))
  else
    redis.call('HDEL', KEYS[1], ARGV[1])
  end
end
return {1, redis.call('HLEN', KEYS[1])}
