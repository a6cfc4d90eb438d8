-- Whose a token is.
-- KEYS: 1 the token's owner
-- ARGV: 1 'get', 'set' or 'release', 2 the user, 3 seconds that it is kept
-- Answers {the owner before, or ''}
local owner = redis.call('GET', KEYS[1]) or ''
if ARGV[1] == 'set' then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
elseif ARGV[1] == 'release' and owner == ARGV[2] then
  redis.call('DEL', KEYS[1])
end
return {owner}
