-- KEYS: the user's sessions, ending; the session's rooms. ARGV: session in user, generation.
-- All rooms know that the session ended: forget it. Returns the devices that the user has now.
local record = redis.call('HGET', KEYS[2], ARGV[1])
if record and cjson.decode(record).generation == ARGV[2] then
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('DEL', KEYS[3])
end
return redis.call('HLEN', KEYS[1])
