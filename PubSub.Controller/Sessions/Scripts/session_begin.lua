-- KEYS: the user's sessions, nodes, ending; the session's rooms.
-- ARGV: session in user, registration, the session as JSON, then the rooms that it is about to join.
-- Returns {'begun' or 'known', generation, devices}, or {'ending'} while its former life is still being removed.
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then
  return {'ending'}
end

local outcome = 'known'
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[3]) == 1 then
  outcome = 'begun'
  redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
end
for i = 4, #ARGV do
  redis.call('HSET', KEYS[4], ARGV[i], '1')
end
local record = cjson.decode(redis.call('HGET', KEYS[1], ARGV[1]))
return {outcome, record.generation, redis.call('HLEN', KEYS[1])}
