-- KEYS: the user's sessions; the session's rooms. ARGV: session in user, generation, then rooms.
-- After the rooms were joined: returns {1 when the session is still this one, the rooms that it must leave again, devices}.
local record = redis.call('HGET', KEYS[1], ARGV[1])
local here = record and cjson.decode(record).generation == ARGV[2]
local gone = {}
for i = 3, #ARGV do
  if not here or redis.call('HGET', KEYS[2], ARGV[i]) ~= '1' then
    gone[#gone + 1] = ARGV[i]
  end
end
return {here and 1 or 0, gone, redis.call('HLEN', KEYS[1])}
