-- Puts receipts into one feed, each once.
-- KEYS: 1 feed, 2 number, 3 told
-- ARGV: 1 most kept, 2 seconds that an idle feed is kept, 3 seconds in which a repetition is recognised; then of each:
--   user, message, epoch, offset, device, kind, when, session
-- Answers {how many were new}
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = string.format('%.0f', now)

-- Numbers begin with the clock, so that those of a Redis that was emptied do not come again.
local number = tonumber(redis.call('GET', KEYS[2]) or now_text)
local told = 0
for i = 4, #ARGV, 8 do
  local receipt = table.concat({ARGV[i], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]}, '\n')
  if not redis.call('ZSCORE', KEYS[3], receipt) then
    -- The receipt first, what is remembered of it after it: an error in between must not make it look told.
    number = number + 1
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], string.format('%.0f-0', number),
      'user', ARGV[i], 'message', ARGV[i + 1], 'epoch', ARGV[i + 2], 'offset', ARGV[i + 3],
      'device', ARGV[i + 4], 'kind', ARGV[i + 5], 'at', ARGV[i + 6],
      'session', ARGV[i + 7])
    redis.call('SET', KEYS[2], string.format('%.0f', number))
    redis.call('ZADD', KEYS[3], now_text, receipt)
    told = told + 1
  end
end

redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now - ARGV[3] * 1000))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[3])
return {told}
