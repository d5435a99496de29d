-- May these publications go? One call per message and platform: closed doors, quotas and the breaker, asked and charged at once.
--
-- KEYS[1]  since: when these books began (ms). A list of calls counts only if it carries that mark; younger books than its window
--          know nothing of calls before, and the caller seeds them from PostgreSQL. Without the key (a flush) or when asked to
--          ("fresh": the script was not known here, so this server started, or took over, after the last call) books begin anew.
-- KEYS[2]  counts of calls by outcome, for the metrics
-- ARGV[1]  "fresh", or nothing
-- ARGV[2]  JSON: probe (ms), bucket (ms), seed,
--          places   {breaker, probe, tally: key numbers, ok: calls that went well since the last time}
--          windows  {key number, calls, length in ms, ages in ms of known calls (newest first) or null, counted at or null}
--                   With `counted at` the ages are all calls up to then, and take the place of what is listed up to then.
--          works    {id, account's number, place's number, {closed doors' key numbers}, {window's number, cost, …},
--                   is it only looked for}
-- Returns  {unseeded windows' numbers}, {reason, milliseconds, …} for each work: 0 may go, 1 may go as the probe, 2 quota,
--          3 breaker, 4 throttled; when it was (ms), which is what is pushed for each call that is charged; and the books' mark.
--          With unseeded windows nothing was done.

local asked = cjson.decode(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
math.randomseed(asked.seed)

local since = tonumber(redis.call('GET', KEYS[1]))
if ARGV[1] == 'fresh' or not since or since > now + 1000 then
    since = now
    redis.call('SET', KEYS[1], string.format('%.0f', now))
end
local mark = 'since ' .. string.format('%.0f', since)

local function begin(key, length, calls)
    redis.call('DEL', key)
    for _, at in ipairs(calls) do redis.call('RPUSH', key, string.format('%.0f', at)) end
    redis.call('RPUSH', key, mark)
    redis.call('PEXPIRE', key, length + 1000)
end

local function is_seeded(window)
    local key, length, ages, counted = KEYS[window[1]], window[3], window[4], window[5]
    local is_ours, calls = redis.call('LINDEX', key, -1) == mark, {}
    if is_ours and counted == cjson.null then return true end
    if ages == cjson.null and now - since < length then return false end
    if is_ours then  -- charged since the count began
        for _, at in ipairs(redis.call('LRANGE', key, 0, -2)) do
            if tonumber(at) >= counted then calls[#calls + 1] = tonumber(at) end
        end
    end
    if ages ~= cjson.null then
        for _, age in ipairs(ages) do calls[#calls + 1] = now - age end
    end
    table.sort(calls, function(one, other) return one > other end)
    begin(key, length, calls)
    return true
end

local unseeded = {}
for number, window in ipairs(asked.windows) do
    if not is_seeded(window) then unseeded[#unseeded + 1] = number end
end
if #unseeded > 0 then return {unseeded, {}, now, mark} end

local function forget_buckets(key, oldest)
    for _, field in ipairs(redis.call('HKEYS', key)) do
        if tonumber(string.match(field, ':(%d+)$')) < oldest then redis.call('HDEL', key, field) end
    end
end

for _, place in ipairs(asked.places) do
    if place.ok > 0 then
        local bucket = math.floor(now / asked.bucket)
        local total = redis.call('HINCRBY', KEYS[place.tally], 'ok:' .. string.format('%.0f', bucket), place.ok)
        if total == place.ok then forget_buckets(KEYS[place.tally], bucket - 6) end
        redis.call('PEXPIRE', KEYS[place.tally], asked.bucket * 8)
        redis.call('HINCRBY', KEYS[2], 'ok', place.ok)
    end
end

-- Milliseconds until `cost` more calls fit, after `owed` that wait already; 0: now. Entries are times, newest first.
local function wait(window, cost, owed)
    local key, calls, length = KEYS[window[1]], window[2], window[3]
    local index, rounds = calls - cost - owed, 0
    if index < 0 then
        rounds = math.ceil(-index / calls)
        index = index + rounds * calls
    end
    local entry = tonumber(redis.call('LINDEX', key, index) or nil)
    local left = entry and math.max(entry + length - now, 0) or 0
    return left + rounds * length
end

local function charge(window, cost)
    local key, calls = KEYS[window[1]], window[2]
    for _ = 1, cost do redis.call('LPUSH', key, string.format('%.0f', now)) end
    if redis.call('LLEN', key) > calls + 1 then
        redis.call('LTRIM', key, 0, calls - 1)
        redis.call('RPUSH', key, mark)
    end
    redis.call('PEXPIRE', key, window[3] + 1000)
end

local function closed(doors)
    local longest = 0
    for _, door in ipairs(doors) do longest = math.max(longest, redis.call('PTTL', KEYS[door])) end
    return longest
end

-- 0 closed; -1 this one is the probe; else milliseconds to wait.
local function breaker(place, id)
    local state = redis.call('HMGET', KEYS[place.breaker], 'until', 'length')
    if not state[1] then return 0 end
    local left = tonumber(state[1]) - now
    if left > 0 then return left + math.random() * math.max(tonumber(state[2]) * 0.2, 500) end
    if redis.call('SET', KEYS[place.probe], id, 'NX', 'PX', asked.probe) or redis.call('GET', KEYS[place.probe]) == id then
        return -1
    end
    return 1000 + math.random() * 2000
end

local held, owed, answers = {}, {}, {}

local function judge(work)
    local account, doors, costs = work[2], work[4], work[5]
    local reason, longest = 4, closed(doors)
    local full = {}
    for each = 1, #costs, 2 do
        local number, cost = costs[each], costs[each + 1]
        local left = wait(asked.windows[number], cost, owed[number] or 0)
        if left > 0 then full[#full + 1] = each end
        if left > longest then reason, longest = 2, left end
    end
    for _, each in ipairs(full) do owed[costs[each]] = (owed[costs[each]] or 0) + costs[each + 1] end
    local before = not work[6] and held[account]  -- in order, but for what only looks for a post
    if before and before.longest + 1 > longest then reason, longest = before.reason, before.longest + 1 end
    if longest > 0 then return reason, longest end
    local left = breaker(asked.places[work[3]], work[1])
    if left > 0 then return 3, left end
    for each = 1, #costs, 2 do charge(asked.windows[costs[each]], costs[each + 1]) end
    return left == 0 and 0 or 1, 0
end

for _, work in ipairs(asked.works) do
    local reason, longest = judge(work)
    if reason > 1 then held[work[2]] = {reason = reason, longest = longest} end
    answers[#answers + 1] = reason
    answers[#answers + 1] = math.ceil(longest)
end
return {{}, answers, now, mark}
