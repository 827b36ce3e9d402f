-- Counts the words of files on all cores and prints the commonest ones.
--
-- usage: word_count.lua [-n TOP] [-m LENGTH] [--] [FILE...]
--        TOP words of at least LENGTH letters (default 10 and 1); default files: the scripts beside
--        this one
--
-- The code below is written as if there were only one Lua state: global functions, functions that
-- make functions, variables that they capture. All of it travels to the workers with the function
-- that is given to map. What a job counts comes back as its result; the main task adds it up.

local tm = require "tidemill"

local piece_size = 64 * 1024  -- bytes for a job; less is no longer worth the trip

-- What runs on the workers -----------------------------------------------------------------------

function normalise(word) return word:lower():gsub("^'+", ""):gsub("'+$", "") end

-- An iterator over the words of a text; bytes beyond ASCII count as letters.
function words(text)
  local next_word = text:gmatch "[%a\x80-\xff'][%w\x80-\xff']*"
  return function()
    local word = next_word()
    return word and (normalise(word))
  end
end

-- A function that counts the words of a text for which wanted(word) is true.
local function counter(wanted)
  return function(text)
    local counts, total = {}, 0
    for word in words(text) do
      if wanted(word) then
        counts[word] = (counts[word] or 0) + 1
        total = total + 1
      end
    end
    return counts, total
  end
end

local function at_least(length)
  return function(word) return #word >= length end
end

-- The main task ----------------------------------------------------------------------------------

-- The position of the last byte of the piece that begins at `from`: words stay whole.
local function end_of_piece(text, from)
  local near = from + piece_size - 1
  if near >= #text then return #text end
  return text:find("%s", near) or #text
end

-- An iterator over the pieces of all the files; notes what it has read in `input`.
local function pieces(paths, input)
  return coroutine.wrap(function()
    for _, path in ipairs(paths) do
      local text, message = tm.fs.read(path)
      if text then
        input.files, input.bytes = input.files + 1, input.bytes + #text
        local from = 1
        while from <= #text do
          local to = end_of_piece(text, from)
          coroutine.yield(text:sub(from, to))
          from = to + 1
        end
      else
        io.stderr:write("word_count: ", message, "\n")
        input.failed = true
      end
    end
  end)
end

-- The n largest of the counts as a list of {word, count}; of equal ones the first in the alphabet.
local function largest(counts, n)
  local list = {}
  for word, count in pairs(counts) do list[#list + 1] = { word, count } end
  table.sort(list, function(a, b)
    if a[2] ~= b[2] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  return { table.unpack(list, 1, math.min(n, #list)) }, #list
end

local function main(options)
  local input = { files = 0, bytes = 0 }
  local counts, total = {}, 0
  local count = counter(at_least(options.length))
  for _, found, n in tm.map(count, pieces(options.files, input), { chunk = 1 }) do
    for word, times in pairs(found) do counts[word] = (counts[word] or 0) + times end
    total = total + n
  end
  local top, distinct = largest(counts, options.top)
  print(("words %d, different %d, files %d, bytes %d"):format(
    total, distinct, input.files, input.bytes))
  for _, entry in ipairs(top) do
    print(("%8d %5.1f %%  %s"):format(entry[2], 100 * entry[2] / total, entry[1]))
  end
  if input.failed then os.exit(1) end
end

-- Arguments --------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("word_count: ", message, "\nusage: word_count.lua [-n TOP] [-m LENGTH] [--] [FILE...]\n")
  os.exit(2)
end

local function scripts_beside()
  local directory = arg[0]:match "^(.*/)" or "./"
  local files = {}
  for path in tm.fs.walk(directory, { match = "%.lua$" }) do files[#files + 1] = path end
  table.sort(files)
  return files
end

local options, at = { top = 10, length = 1, files = {} }, 1
local numbers = { ["-n"] = "top", ["-m"] = "length" }
while arg[at] and arg[at]:find "^%-." do
  if arg[at] == "--" then
    at = at + 1
    break
  end
  local field = numbers[arg[at]] or misuse("there is no option " .. arg[at])
  local value = math.tointeger(tonumber(arg[at + 1]))
  if not value or value < 1 then
    misuse(("%s needs a whole number of at least 1, not '%s'"):format(arg[at], arg[at + 1] or ""))
  end
  options[field], at = value, at + 2
end
table.move(arg, at, #arg, 1, options.files)
if #options.files == 0 then options.files = scripts_beside() end
main(options)
