-- KEYS: nodes, heartbeats, leaving, connections.
-- ARGV: oldest allowed heartbeat age in ms or '', then pairs of node and incarnation.
-- Ends the registrations that are named, each only in the life that is named, and those without a sign of life.
-- Returns the keys of the registrations that ended.
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local ended = {}

local function finish(node, incarnation)
  local present = redis.call('HGET', KEYS[1], node)
  if not present then
    redis.call('ZREM', KEYS[2], node)
    return
  end
  local record = cjson.decode(present)
  if incarnation and record.incarnation ~= incarnation then
    return
  end
  local key = node .. '\n' .. record.incarnation .. '.' .. record.registration
  redis.call('HSET', KEYS[3], key, now_ms)
  redis.call('HDEL', KEYS[1], node)
  redis.call('ZREM', KEYS[2], node)
  redis.call('HDEL', KEYS[4], node)
  ended[#ended + 1] = key
end

if ARGV[1] ~= '' then
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. (now_ms - tonumber(ARGV[1])))) do
    finish(node, nil)
  end
end
for i = 2, #ARGV, 2 do
  finish(ARGV[i], ARGV[i + 1])
end
return ended
