-- Takes, renews or gives back a partition.
-- KEYS: 1 jobs, 2 owner
-- ARGV: 1 token of the reader, 2 lease in ms; 0 gives it back
-- Answers {1 where the partition is ours, jobs that wait, age of the oldest in ms}
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[1] then
  return {0, 0, 0}
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[2])
  return {0, 0, 0}
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])

-- Whoever reads will say what is wrong with a key that is no stream; the lease holds.
local found = redis.pcall('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
local oldest = not found.err and found[1]
if not oldest then
  return {1, 0, 0}
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local age = now - tonumber(string.match(oldest[1], '^(%d+)-'))
return {1, redis.call('XLEN', KEYS[1]), math.max(0, age)}
