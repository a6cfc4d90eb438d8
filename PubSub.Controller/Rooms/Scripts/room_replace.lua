-- KEYS: room. ARGV: the JSON that was read, the JSON to write.
-- Compare and set: returns 1 when written, 0 when somebody else was faster, -1 when the room is gone.
local present = redis.call('GET', KEYS[1])
if not present then
  return -1
end
if present ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
