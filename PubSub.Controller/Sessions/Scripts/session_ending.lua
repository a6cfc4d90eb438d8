-- KEYS: the user's sessions, nodes, ending; the session's rooms. ARGV: session in user, registration.
-- Takes the session out of the user's devices and routing, and keeps it as ending until its rooms know.
-- Returns {its JSON, devices left, its rooms}; of a session that was ending already too, so that anybody can finish
-- what another controller began. Returns {'', devices left} where there is none.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if record then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[1], record)
  if redis.call('HINCRBY', KEYS[2], ARGV[2], -1) <= 0 then
    redis.call('HDEL', KEYS[2], ARGV[2])
  end
else
  record = redis.call('HGET', KEYS[3], ARGV[1])
end
if not record then
  return {'', redis.call('HLEN', KEYS[1])}
end
return {record, redis.call('HLEN', KEYS[1]), redis.call('HKEYS', KEYS[4])}
