-- KEYS: feeds. ARGV: 1 most of each feed, then for each feed the number to begin behind.
-- Answers a list of entries for each feed
local answer = {}
for i = 1, #KEYS do
  answer[i] = redis.call('XRANGE', KEYS[i], '(' .. ARGV[i + 1] .. '-0', '+', 'COUNT', ARGV[1])
end
return answer
