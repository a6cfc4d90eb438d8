-- A user's devices.
-- KEYS: 1 the user's devices
-- ARGV: 1 seconds that a token is kept
-- Answers device id and 'platform milliseconds token' of each in turn
local clock = redis.call('TIME')
local oldest_allowed = (clock[1] - tonumber(ARGV[1])) * 1000
local found = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if tonumber(string.match(all[i + 1], '^%S+ (%d+) ')) >= oldest_allowed then
    found[#found + 1] = all[i]
    found[#found + 1] = all[i + 1]
  end
end
return found
