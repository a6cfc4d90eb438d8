-- KEYS: the session's rooms. ARGV: room.
-- The room knows that the session left; forget it, unless a new join has begun.
if redis.call('HGET', KEYS[1], ARGV[1]) == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return redis.status_reply('OK')
