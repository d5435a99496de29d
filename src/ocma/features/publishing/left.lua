-- How many calls of each window were made, as admit.lua keeps them. Changes nothing.
--
-- KEYS[1]  since: when these books began (ms)
-- KEYS[2…] lists of calls, newest first, with the books' mark at their end
-- ARGV     the length of each list's window, in ms
-- Returns  a number for each; -1: nobody knows, for the books are younger than the window and nobody has filled it yet.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = tonumber(redis.call('GET', KEYS[1]) or nil)
local mark = since and 'since ' .. string.format('%.0f', since)

local function count(key, length)
    if not since then return -1 end
    if redis.call('LINDEX', key, -1) ~= mark then return now - since >= length and 0 or -1 end
    local low, high = 0, redis.call('LLEN', key) - 1
    while low < high do
        local middle = math.floor((low + high) / 2)
        if tonumber(redis.call('LINDEX', key, middle)) + length > now then low = middle + 1 else high = middle end
    end
    return low
end

local counts = {}
for number = 2, #KEYS do counts[number - 1] = count(KEYS[number], tonumber(ARGV[number - 1])) end
return counts
