-- Notes that a reader lives, forgets those that do not, and tells it its place among them.
-- KEYS: 1 readers
-- ARGV: 1 token of the reader, 2 lease in ms, 3 1 where it leaves
-- Answers {number of readers, place of this one from 0}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if ARGV[3] == '1' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  return {0, 0}
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 10)

-- By token, not by time: the places must not change with every sign of life.
local tokens = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(tokens)
for place, token in ipairs(tokens) do
  if token == ARGV[1] then
    return {#tokens, place - 1}
  end
end
