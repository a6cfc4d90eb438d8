-- KEYS: the user's sessions; the session's rooms. ARGV: session in user, room.
-- Notes that the session is about to join. Returns the session as JSON, or nothing where there is no such session.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if record then
  redis.call('HSET', KEYS[2], ARGV[2], '1')
end
return record
