-- KEYS: nodes, heartbeats, leaving.
-- ARGV: node, incarnation ('0' is the present one, or a new one), the registration as JSON.
-- Returns {outcome, json}: registered, refreshed (the same life said it again), stale (a later life is registered).
-- Incarnations are compared as text, shorter first: a Lua number would round them.
local function older(a, b)
  if #a ~= #b then
    return #a < #b
  end
  return a < b
end

local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local record = cjson.decode(ARGV[3])
local outcome = 'registered'
local present = redis.call('HGET', KEYS[1], ARGV[1])
if present then
  local was = cjson.decode(present)
  if ARGV[2] == '0' or ARGV[2] == was.incarnation then
    outcome = 'refreshed'
    record.incarnation = was.incarnation
    record.registration = was.registration
    record.registered_at = was.registered_at
  elseif older(ARGV[2], was.incarnation) then
    return {'stale', present}
  else
    redis.call('HSET', KEYS[3], ARGV[1] .. '\n' .. was.incarnation .. '.' .. was.registration, now_ms)
  end
end

local json = cjson.encode(record)
redis.call('HSET', KEYS[1], ARGV[1], json)
redis.call('ZADD', KEYS[2], now_ms, ARGV[1])
return {outcome, json}
