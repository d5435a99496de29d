-- Calls that were charged and not made: something was not ready, or was refused before the call.
--
-- KEYS     windows' lists (admit.lua)
-- ARGV     of each key: the mark of its books when it was charged, what was pushed, and how many of it. In other books it is not.

for number, key in ipairs(KEYS) do
    local mark, entry, calls = ARGV[number * 3 - 2], ARGV[number * 3 - 1], ARGV[number * 3]
    if redis.call('LINDEX', key, -1) == mark then redis.call('LREM', key, calls, entry) end
end
