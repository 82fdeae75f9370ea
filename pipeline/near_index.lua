-- Looks each document's slots up and enters them, in one step: of two workers with the same copy at the same
-- moment, the second sees the first.
--
-- A bucket is a string of records of six bytes: a tag of two, the document's entry of four. A bucket belongs to a
-- period of publication; those before and after are looked into, too.
--
-- KEYS: marker
-- ARGV: prefix of buckets, seconds they live; then for each document: entry, period, "1" where the buckets' lives
-- are to be prolonged, slots (three bytes of bucket, two of tag), how many of them are bands; the others are anchors
-- Answers the marker ('': the index is not whole), then for each document the entries found: once for each anchor
-- shared, twice for each band.
local RECORD = 6
local SLOT = 5
-- A tag that so many share tells nothing, and a bucket must not grow without end.
local MOST_ALIKE = 256
local FIRST, LAST = 16, 48

local prefix, life = ARGV[1], ARGV[2]
local call, find, sub = redis.call, string.find, string.sub

-- A period without documents is not looked into, which for what is new is most often the next one.
local filled = {}
local function is_filled(period)
  if filled[period] == nil then
    filled[period] = call('EXISTS', prefix .. period) == 1
  end
  return filled[period]
end

local function fill(period, prolonged)
  if not is_filled(period) or prolonged == '1' then
    call('SET', prefix .. period, '1', 'EX', 2 * life) -- outlives its buckets
    filled[period] = true
  end
end

-- Gives the entries that stand behind a tag in a bucket; nil where it is not there.
local function alike(bucket, tag)
  local at, found = find(bucket, tag, 1, true), nil
  while at do
    if at % RECORD == 1 then
      found = found or {}
      found[#found + 1] = sub(bucket, at + 2, at + RECORD - 1)
    end
    at = find(bucket, tag, at + (at % RECORD == 1 and RECORD or 1), true)
  end
  return found
end

-- Notes the entries found in a bucket; says whether the document itself is among them, or need not be.
local function note(others, found, entry, twice)
  local entered = #found >= MOST_ALIKE
  for n, other in ipairs(found) do
    if other == entry then
      entered = true
    elseif n <= FIRST or n > #found - LAST then
      others[#others + 1] = twice and other .. other or other
    end
  end
  return entered
end

local function look_up_and_enter(entry, period, prolonged, slots, bands)
  fill(period, prolonged)
  local prefixes, own = {}, nil
  for each = period - 1, period + 1 do
    if is_filled(each) then
      prefixes[#prefixes + 1] = prefix .. each .. ':'
      own = each == period and #prefixes or own
    end
  end
  local keys = {}
  for at = 1, #slots, SLOT do
    local place = sub(slots, at, at + 2)
    for k = 1, #prefixes do
      keys[#keys + 1] = prefixes[k] .. place
    end
  end
  if #keys == 0 then
    return ''
  end
  local buckets = call('MGET', unpack(keys)) -- all at once: a call costs more than a key
  local others, at = {}, 0
  for n = 1, #slots / SLOT do
    local tag = sub(slots, n * SLOT - 1, n * SLOT)
    local entered = false
    for k = 1, #prefixes do
      local bucket = buckets[at + k]
      local found = bucket and alike(bucket, tag)
      if found then
        entered = note(others, found, entry, n <= bands) and k == own or entered
      end
    end
    if not entered then
      local key = keys[at + own]
      if call('APPEND', key, tag .. entry) == RECORD or prolonged == '1' then
        call('EXPIRE', key, life)
      end
    end
    at = at + #prefixes
  end
  return table.concat(others)
end

local answer = {call('GET', KEYS[1]) or ''}
for n = 3, #ARGV, 5 do
  answer[#answer + 1] =
    look_up_and_enter(ARGV[n], tonumber(ARGV[n + 1]), ARGV[n + 2], ARGV[n + 3], tonumber(ARGV[n + 4]))
end
return answer
