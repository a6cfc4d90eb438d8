-- Keeps the id of a published job for as long as any other.
-- KEYS: 1 the message id
-- ARGV: 1 seconds
return {redis.call('EXPIRE', KEYS[1], ARGV[1])}
