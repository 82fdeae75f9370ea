-- Looks each document's slots up and enters them, in one step: of two workers with the same copy at the same
-- moment, the second sees the first.
--
-- A bucket is a string of records of six bytes: a tag of two, the document's entry of four. A bucket belongs to a
-- period of publication; those before and after are looked into, too.
--
-- KEYS: marker of completeness
-- ARGV: prefix of buckets, seconds they live; then for each document: entry, period, "1" where the buckets' lives
-- are to be prolonged, slots (three bytes of bucket, two of tag), how many of them are bands; the others are anchors
-- Answers whether the index is complete, then for each document the entries found: once for each anchor shared,
-- twice for each band.
local RECORD = 6
local SLOT = 5
-- A tag that so many share tells nothing, and a bucket must not grow without end.
local MOST_ALIKE = 256
local FIRST, LAST = 16, 48

local prefix, life = ARGV[1], ARGV[2]

-- A period without documents is not looked into, which for what is new is most often the next one.
local filled = {}
local function is_filled(period)
  if filled[period] == nil then
    filled[period] = redis.call('EXISTS', prefix .. period) == 1
  end
  return filled[period]
end

local function fill(period, prolonged)
  if not is_filled(period) or prolonged == '1' then
    redis.call('SET', prefix .. period, '1', 'EX', 2 * life) -- outlives its buckets
    filled[period] = true
  end
end

local function alike(bucket, tag)
  local found, at = {}, string.find(bucket, tag, 1, true)
  while at do
    if at % RECORD == 1 then
      found[#found + 1] = string.sub(bucket, at + 2, at + RECORD - 1)
      at = string.find(bucket, tag, at + RECORD, true)
    else
      at = string.find(bucket, tag, at + 1, true)
    end
  end
  return found
end

local function look_up_and_enter(entry, period, prolonged, slots, bands)
  fill(period, prolonged)
  local periods, keys, tags = {}, {}, {}
  for each = period - 1, period + 1 do
    if is_filled(each) then
      periods[#periods + 1] = each
    end
  end
  for at = 1, #slots, SLOT do
    local place = string.sub(slots, at, at + 2)
    tags[#tags + 1] = string.sub(slots, at + 3, at + 4)
    for _, each in ipairs(periods) do
      keys[#keys + 1] = prefix .. each .. ':' .. place
    end
  end
  if #keys == 0 then
    return ''
  end
  local buckets = redis.call('MGET', unpack(keys)) -- all at once: a call costs more than a key
  local others = {}
  for n, tag in ipairs(tags) do
    local entered, own = false, nil
    for k, each in ipairs(periods) do
      local at = (n - 1) * #periods + k
      local found = buckets[at] and alike(buckets[at], tag) or {}
      for m = 1, #found do
        if found[m] == entry then
          entered = entered or each == period
        elseif m <= FIRST or m > #found - LAST then
          others[#others + 1] = n <= bands and found[m] .. found[m] or found[m]
        end
      end
      if each == period then
        own = keys[at]
        entered = entered or #found >= MOST_ALIKE
      end
    end
    if not entered then
      if redis.call('APPEND', own, tag .. entry) == RECORD or prolonged == '1' then
        redis.call('EXPIRE', own, life)
      end
    end
  end
  return table.concat(others)
end

local answer = {redis.call('EXISTS', KEYS[1])}
for n = 3, #ARGV, 5 do
  answer[#answer + 1] =
    look_up_and_enter(ARGV[n], tonumber(ARGV[n + 1]), ARGV[n + 2], ARGV[n + 3], tonumber(ARGV[n + 4]))
end
return answer
