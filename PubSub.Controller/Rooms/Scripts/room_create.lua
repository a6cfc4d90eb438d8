-- KEYS: room. ARGV: the room as JSON.
-- Returns {1, json} when this call created it, {0, the present json} when it was there.
if redis.call('SETNX', KEYS[1], ARGV[1]) == 1 then
  return {1, ARGV[1]}
end
return {0, redis.call('GET', KEYS[1])}
