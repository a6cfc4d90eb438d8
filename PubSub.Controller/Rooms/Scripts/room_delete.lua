-- KEYS: room, members, sessions, nodes.
-- Returns {1 when there was a room, its users, its sessions, its nodes}.
local users = redis.call('HLEN', KEYS[2])
local sessions = redis.call('HKEYS', KEYS[3])
local nodes = redis.call('HKEYS', KEYS[4])
local existed = redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
return {existed, users, sessions, nodes}
