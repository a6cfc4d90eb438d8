-- Commits jobs: they leave the stream, so that what is in it is what waits. With a reason, the one job goes to the
-- dead letters in the same step.
-- KEYS: 1 jobs, 2 owner, 3 dead letters
-- ARGV: 1 token of the reader, 2 group, 3 the field with the job, 4 reason or nothing, 5... ids
-- Answers {1}, or {0} where the partition is another's
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return {0}
end
if ARGV[4] ~= '' then
  local entry = redis.call('XRANGE', KEYS[1], ARGV[5], ARGV[5])[1]
  if entry then
    local fields = entry[2]
    fields[#fields + 1] = 'reason'
    fields[#fields + 1] = ARGV[4]
    redis.call('XADD', KEYS[3], '*', unpack(fields))
  end
end
redis.call('XACK', KEYS[1], ARGV[2], unpack(ARGV, 5))
redis.call('XDEL', KEYS[1], unpack(ARGV, 5))
return {1}
