-- KEYS: events, event number, then the indexes. ARGV: events kept; then of each entry: which index (1 is the first), id,
-- 1 when it belongs into the index and 0 when not, kind of event.
-- The entry and the event that tells of it are one step: whoever writes what the index holds already tells nothing.
-- Returns how many events there were.
local now = redis.call('TIME')
local now_ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
local told = 0
for i = 2, #ARGV, 4 do
  local index, id, changed = KEYS[2 + ARGV[i]], ARGV[i + 1], nil
  if ARGV[i + 2] == '1' then
    changed = redis.call('ZADD', index, 0, id)
  else
    changed = redis.call('ZREM', index, id)
  end
  if changed == 1 then
    -- Numbers begin with the clock, so that those of a Redis that was emptied do not come again.
    redis.call('SET', KEYS[2], now_ms, 'NX')
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], string.format('%.0f-0', redis.call('INCR', KEYS[2])),
      'kind', ARGV[i + 3], 'id', id, 'at', now_ms)
    told = told + 1
  end
end
return told
