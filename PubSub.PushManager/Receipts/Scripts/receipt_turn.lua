-- Takes, keeps or gives back the turn to call a feed's webhook, and notes how far the calls have come.
-- KEYS: 1 turn, 2 called
-- ARGV: 1 token of the push manager, 2 lease in ms (0 gives it back), 3 number up to which is called (0: as it was),
--   4 seconds that the number is kept
-- Answers {1 where the turn is ours, the number}
local owner = redis.call('GET', KEYS[1])
local called = redis.call('GET', KEYS[2]) or '0'
if owner and owner ~= ARGV[1] then
  return {0, called}
end
if tonumber(ARGV[3]) > tonumber(called) then
  called = ARGV[3]
end
redis.call('SET', KEYS[2], called, 'EX', ARGV[4])
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return {1, called}
