-- KEYS: 1 number. Answers {the number of the latest receipt, 0 where there was none}
return {redis.call('GET', KEYS[1]) or '0'}
