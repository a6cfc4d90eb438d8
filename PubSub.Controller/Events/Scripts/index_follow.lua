-- KEYS: index, events, event number. ARGV: id, 1 when it belongs into the index and 0 when not, kind of event, events kept.
-- The entry and the event that tells of it are one step: whoever writes what the index holds already tells nothing.
-- Returns the number of the event, 0 where nothing changed.
local changed
if ARGV[2] == '1' then
  changed = redis.call('ZADD', KEYS[1], 0, ARGV[1])
else
  changed = redis.call('ZREM', KEYS[1], ARGV[1])
end
if changed == 0 then
  return 0
end

-- Numbers begin with the clock, so that those of a Redis that was emptied do not come again.
local now = redis.call('TIME')
local now_ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('SET', KEYS[3], now_ms, 'NX')
local number = redis.call('INCR', KEYS[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], string.format('%.0f-0', number),
  'kind', ARGV[3], 'id', ARGV[1], 'at', now_ms)
return number
