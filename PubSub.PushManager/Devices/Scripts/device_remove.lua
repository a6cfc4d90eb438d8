-- Forgets a user's device, or whichever has a token.
-- KEYS: 1 the user's devices
-- ARGV: 1 device ('' any), 2 and 3 platform and token ('' any), 4 only what was registered until then ('' whenever)
-- Answers 'platform milliseconds token' of each that went
local gone = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local platform, at, token = string.match(all[i + 1], '^(%S+) (%d+) (.*)$')
  if (ARGV[1] == '' or ARGV[1] == all[i])
      and (ARGV[3] == '' or (ARGV[2] == platform and ARGV[3] == token))
      and (ARGV[4] == '' or tonumber(at) <= tonumber(ARGV[4])) then
    redis.call('HDEL', KEYS[1], all[i])
    gone[#gone + 1] = all[i + 1]
  end
end
return gone
