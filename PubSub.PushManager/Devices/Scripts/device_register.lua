-- Keeps the token of a user's device.
-- KEYS: 1 the user's devices: device id -> 'platform milliseconds token'
-- ARGV: 1 device, 2 platform, 3 token, 4 seconds that it is kept, 5 most devices
-- Answers {when it was registered}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest_allowed = now - tonumber(ARGV[4]) * 1000

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now) .. ' ' .. ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])

-- What aged goes, and what says that another device has this token: one token is told once.
local others = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= ARGV[1] then
    local platform, at, token = string.match(all[i + 1], '^(%S+) (%d+) (.*)$')
    if tonumber(at) < oldest_allowed or (platform == ARGV[2] and token == ARGV[3]) then
      redis.call('HDEL', KEYS[1], all[i])
    else
      others[#others + 1] = {tonumber(at), all[i]}
    end
  end
end

table.sort(others, function(a, b) return a[1] < b[1] end)
for i = 1, #others + 1 - tonumber(ARGV[5]) do
  redis.call('HDEL', KEYS[1], others[i][2])
end
return {string.format('%.0f', now)}
