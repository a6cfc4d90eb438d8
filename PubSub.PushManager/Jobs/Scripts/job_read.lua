-- Reads the next jobs of a partition, in order. What was read and not committed comes first, whoever read it: all
-- owners of a partition are one consumer of the group, one after another.
-- KEYS: 1 jobs, 2 owner
-- ARGV: 1 token of the reader, 2 group, 3 how many at most, 4 the field with the job
-- Answers {0} where the partition is another's, otherwise {1, id and job of each}
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return {0}
end

local function read(from)
  return redis.pcall('XREADGROUP', 'GROUP', ARGV[2], 'owner', 'COUNT', ARGV[3], 'STREAMS', KEYS[1], from)
end

local found = read('0')
if type(found) == 'table' and found.err then
  -- No stream or no group yet, or Redis came back empty.
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[2], '0', 'MKSTREAM')
  found = read('0')
end
if found.err then
  return found
end
if not found[1] or #found[1][2] == 0 then
  found = read('>')
end
if not found or not found[1] then
  return {1}
end

local answer = {1}
for _, entry in ipairs(found[1][2]) do
  local job = ''
  -- An entry that somebody deleted by hand has no fields; its id is still to be committed.
  local fields = entry[2] or {}
  for i = 1, #fields, 2 do
    if fields[i] == ARGV[4] then
      job = fields[i + 1]
    end
  end
  answer[#answer + 1] = entry[1]
  answer[#answer + 1] = job
end
return answer
