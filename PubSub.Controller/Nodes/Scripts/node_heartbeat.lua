-- KEYS: nodes, heartbeats, connections. ARGV: node, incarnation ('0' is the present one), connections.
-- Returns 1 when this life of the node is the registered one.
local present = redis.call('HGET', KEYS[1], ARGV[1])
if not present or (ARGV[2] ~= '0' and cjson.decode(present).incarnation ~= ARGV[2]) then
  return 0
end
local now = redis.call('TIME')
redis.call('ZADD', KEYS[2], now[1] * 1000 + math.floor(now[2] / 1000), ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return 1
