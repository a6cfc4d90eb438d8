-- KEYS: the user's sessions; the session's rooms. ARGV: session in user, room.
-- Notes that the session leaves. Returns the session as JSON, or nothing where there is no such session.
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then
  redis.call('HSET', KEYS[2], ARGV[2], '0')
end
return redis.call('HGET', KEYS[1], ARGV[1])
