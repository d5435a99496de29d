-- What became of calls to one place (a platform's app, or one host), for all processes.
--
-- KEYS     breaker, probe, tally, accounts that found it down, accounts it refused, troubled places, counts
-- ARGV[1]  what happened:
--   failed   place, kind (down | refused), account, window (ms), calls that went well since the last time
--            -> calls that went well, down, refused, distinct accounts with this kind, 1 when it is not closed
--   trip     reason, first length (ms), longest (ms), jitter (0 to 1) -> milliseconds until the probe; 0: it was open already
--   close    memory (ms)   the probe came through
--   release  id            the probe said nothing: somebody else may try
--   pass     id, probe (ms) -> milliseconds until a call may go; 0: now; -1: now, as the probe (admit.lua asks so for publications)
--   well     window (ms)   a call went well

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local breaker, probe, tally, down, refused, places, counts = unpack(KEYS)
local verbs = {}

function verbs.failed(place, kind, account, window, ok)
    window, ok = tonumber(window), tonumber(ok)
    local size = window / 6
    local bucket = math.floor(now / size)
    local failing = kind == 'down' and down or refused
    redis.call('HINCRBY', tally, kind .. ':' .. string.format('%.0f', bucket), 1)
    if ok > 0 then
        redis.call('HINCRBY', tally, 'ok:' .. string.format('%.0f', bucket), ok)
        redis.call('HINCRBY', counts, 'ok', ok)
    end
    redis.call('HINCRBY', counts, kind, 1)
    redis.call('PEXPIRE', tally, size * 8)
    redis.call('ZADD', failing, now, account)
    redis.call('ZREMRANGEBYSCORE', failing, '-inf', now - window)
    redis.call('PEXPIRE', failing, window)
    redis.call('ZADD', places, now, place)
    redis.call('ZREMRANGEBYSCORE', places, '-inf', now - 86400000)
    local sums = {ok = 0, down = 0, refused = 0}
    local fields = redis.call('HGETALL', tally)
    for each = 1, #fields, 2 do
        local name, number = string.match(fields[each], '^(%a+):(%d+)$')
        if tonumber(number) < bucket - 6 then
            redis.call('HDEL', tally, fields[each])
        else
            sums[name] = sums[name] + tonumber(fields[each + 1])
        end
    end
    return {sums.ok, sums.down, sums.refused, redis.call('ZCARD', failing), redis.call('HEXISTS', breaker, 'until')}
end

local function forget_calls()
    redis.call('DEL', probe, tally, down, refused)
end

function verbs.trip(reason, first, longest, jitter)
    local state = redis.call('HMGET', breaker, 'until', 'opens')
    if state[1] and tonumber(state[1]) > now then return 0 end
    local opens = (tonumber(state[2]) or 0) + 1
    local length = math.min(tonumber(longest), tonumber(first) * 2 ^ math.min(opens - 1, 30))
    length = math.ceil(length * (0.75 + tonumber(jitter) / 2))
    redis.call('HSET', breaker, 'until', string.format('%.0f', now + length), 'opens', opens, 'length', length, 'reason', reason)
    redis.call('PEXPIRE', breaker, length + 86400000)
    forget_calls()
    return length
end

function verbs.close(memory)
    redis.call('HDEL', breaker, 'until', 'reason', 'length')
    redis.call('PEXPIRE', breaker, memory)
    forget_calls()
    return 0
end

function verbs.release(id)
    if redis.call('GET', probe) == id then redis.call('DEL', probe) end
    return 0
end

function verbs.pass(id, length)
    local state = redis.call('HGET', breaker, 'until')
    if not state then return 0 end
    local left = tonumber(state) - now
    if left > 0 then return math.ceil(left) end
    if redis.call('SET', probe, id, 'NX', 'PX', length) or redis.call('GET', probe) == id then return -1 end
    return 1000
end

function verbs.well(window)
    local size = window / 6
    redis.call('HINCRBY', tally, 'ok:' .. string.format('%.0f', math.floor(now / size)), 1)
    redis.call('PEXPIRE', tally, size * 8)
    redis.call('HINCRBY', counts, 'ok', 1)
    return 0
end

return verbs[ARGV[1]](unpack(ARGV, 2))
