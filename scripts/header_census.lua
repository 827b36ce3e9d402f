-- Takes a census of the C and C++ headers under a directory: identifiers and includes, on all cores.
--
-- usage: header_census.lua [DIR]          (default /usr/include)
--
-- The main task walks the tree, cuts the headers into groups and reads them; a group is one job of a
-- pool, which counts what is in the texts; the main task adds the counts up. At the end a pool of one
-- worker does a part of the groups again: that gives the speed-up.

local tm = require "tidemill"

local find, gmatch, gsub, sub = string.find, string.gmatch, string.gsub, string.sub

-- What looks like an identifier and is none.
local keywords = [[
  alignas alignof asm auto bool break case catch char class const constexpr const_cast continue
  decltype default delete do double dynamic_cast else enum explicit extern false float for friend
  goto if inline int long mutable namespace new noexcept nullptr operator private protected public
  register reinterpret_cast restrict return short signed sizeof static static_assert static_cast
  struct switch template this throw true try typedef typeid typename union unsigned using virtual
  void volatile wchar_t while define defined elif endif ifdef ifndef include pragma undef]]

-- One group of files, on a worker --------------------------------------------------------------

-- The text without its comments, strings and character constants.
local function strip(text)
  text = gsub(text, "\\.", "  ")  -- escapes; what is left of a literal then has no quote in it
  local pieces, from, at = {}, 1, 1
  while true do
    local first, _, opening = find(text, "([/\"'])", at)
    if not first then break end
    local last
    if opening ~= "/" then
      _, last = find(text, "^([\"'])[^\n]-%1", first)
    elseif find(text, "^%*", first + 1) then
      _, last = find(text, "*/", first + 2, true)
      last = last or #text
    else
      _, last = find(text, "^//[^\n]*", first)
    end
    if last then
      pieces[#pieces + 1] = sub(text, from, first - 1)
      from, at = last + 1, last + 1
    else
      at = first + 1  -- a division, or an apostrophe
    end
  end
  pieces[#pieces + 1] = sub(text, from)
  return table.concat(pieces, " ")
end

local function count_lines(text)
  local lines, at = -1, 0
  repeat
    at = find(text, "\n", at + 1, true)
    lines = lines + 1
  until not at
  return lines
end

-- The job: the counts of some texts. It is sent to a worker together with the functions it uses.
local function count_group(texts)
  local lines, identifiers, includes = 0, {}, {}
  for _, text in ipairs(texts) do
    lines = lines + count_lines(text)
    for header in gmatch(text, "#[ \t]*include[ \t]*[<\"]([^>\"\n]+)") do
      includes[header] = (includes[header] or 0) + 1
    end
    -- %f: not in the middle of a number like 0x10UL
    for name in gmatch(strip(text), "%f[%w_][%a_][%w_]*") do
      identifiers[name] = (identifiers[name] or 0) + 1
    end
  end
  return lines, identifiers, includes
end

-- The main task --------------------------------------------------------------------------------

local function fail(message)
  io.stderr:write("header_census: ", message, "\n")
  os.exit(1)
end

local extensions = { h = true, hh = true, hpp = true, hxx = true }

local function is_header(path)
  local extension = path:match("%.([^./]*)$")
  if extension then return extensions[extension] end
  return path:find("/c++/", 1, true) ~= nil  -- <vector> and its like
end

-- The paths of the headers under `dir` in groups, and their size in bytes. What cannot be looked at
-- goes to `skipped`. Links are not followed, so nothing is counted twice.
local function find_headers(dir, workers, skipped)
  local files, total = {}, 0
  local function on_error(path, message)
    if path == dir then fail(message) end
    table.insert(skipped, message)
  end
  for path, stat in tm.fs.walk(dir, { on_error = on_error }) do
    if stat.type == "file" and is_header(path) then
      table.insert(files, { path = path, size = stat.size })
      total = total + stat.size
    end
  end
  -- Each job returns a table of all the names in its group, so a group should be large; but there
  -- should be several for each worker, or all would wait for the last one.
  local enough = math.min(total / (8 * workers), 1024 * 1024)
  local groups, group, size = {}, {}, 0
  for i, file in ipairs(files) do
    table.insert(group, file.path)
    size = size + file.size
    if size >= enough or i == #files then
      table.insert(groups, group)
      group, size = {}, 0
    end
  end
  return groups, total
end

-- An iterator over the groups that reads them: their texts. The files of a group are read at the same
-- time, each by a task of its own; those tasks wait, so they need no worker.
local function read_groups(groups, census)
  local at = 0
  return function()
    at = at + 1
    if not groups[at] then return nil end
    local reads, texts = {}, {}
    for i, path in ipairs(groups[at]) do reads[i] = tm.spawn(tm.fs.read, path) end
    for _, read in ipairs(reads) do
      local text, message = read:await()
      if text then
        table.insert(texts, text)
        census.files = census.files + 1
        census.bytes = census.bytes + #text
      else
        table.insert(census.skipped, message)  -- it has vanished, or is not for us to read
      end
    end
    return texts
  end
end

local function add_counts(to, counts)
  for key, n in pairs(counts) do to[key] = (to[key] or 0) + n end
end

-- Counts all groups on a pool of its own.
local function take_census(groups, workers, progress)
  local census = { files = 0, bytes = 0, lines = 0, identifiers = {}, includes = {}, skipped = {} }
  local started = tm.now()
  local pool <close> = tm.pool { workers = workers, name = "census" }
  -- map is lazy: it reads a few groups ahead of the workers, so memory does not grow with the tree.
  for i, lines, identifiers, includes in pool:map(count_group, read_groups(groups, census), { chunk = 1 }) do
    census.lines = census.lines + lines
    add_counts(census.identifiers, identifiers)
    add_counts(census.includes, includes)
    if progress then progress(i / #groups) end
  end
  census.seconds = tm.now() - started
  census.busy = pool:stats().busy
  return census
end

-- The report -----------------------------------------------------------------------------------

-- 1234567 → 1,234,567
local function with_commas(n)
  local text = tostring(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

-- The n largest entries of a table of counts, as a list of {name, count}.
local function largest(counts, n)
  local list = {}
  for name, count in pairs(counts) do
    local at = #list
    while at > 0 and (list[at][2] < count or list[at][2] == count and list[at][1] > name) do
      at = at - 1
    end
    if at < n then
      table.insert(list, at + 1, { name, count })
      list[n + 1] = nil
    end
  end
  return list
end

-- One cell of a ranking; file names may hold anything.
local function cell(entry)
  if not entry then return "" end
  local name = entry[1]:gsub("[%c\x7f-\xff]", "?")
  if #name > 28 then name = name:sub(1, 25) .. "..." end
  return ("%-28s %9s"):format(name, with_commas(entry[2]))
end

local function print_rankings(census)
  local names, headers = largest(census.identifiers, 20), largest(census.includes, 20)
  if #names + #headers == 0 then return end
  print(("\n  %-38s    %s"):format("Commonest identifiers", "Most included headers"))
  for i = 1, math.max(#names, #headers) do
    print((("  %-38s    %s"):format(cell(names[i]), cell(headers[i])):gsub(" +$", "")))
  end
end

local function print_workers(census, workers)
  print("\n  Worker    busy")
  for i = 1, workers do
    local share = math.min((census.busy[i] or 0) / census.seconds, 1)  -- nil: it was never needed
    print(("  %6d  %4.0f %%  %s"):format(i, 100 * share, ("#"):rep(math.floor(50 * share + 0.5))))
  end
end

local function print_totals(dir, census)
  local occurrences, distinct = 0, 0
  for _, n in pairs(census.identifiers) do occurrences, distinct = occurrences + n, distinct + 1 end
  print("Headers under " .. dir .. "\n")
  for _, row in ipairs {
    { "files", census.files }, { "bytes", census.bytes }, { "lines", census.lines },
    { "identifiers", occurrences }, { "  distinct", distinct },
  } do
    print(("  %-12s %15s"):format(row[1], with_commas(row[2])))
  end
end

-- What one worker does, on every k-th group: about a second's worth. It is given its files, counts and
-- merges in the same way. They are in memory by then; the first time they may have come from a disk.
local function print_speedup(groups, census)
  local work = 0
  for _, seconds in ipairs(census.busy) do work = work + seconds end
  if work < 0.05 then return print("  too little work to measure a speed-up") end
  local sample = {}
  for i = 1, #groups, math.ceil(work) do table.insert(sample, groups[i]) end
  local part = take_census(sample, 1)
  local rate, rate_alone = census.bytes / census.seconds / 1e6, part.bytes / part.seconds / 1e6
  print(("  %.1f MB/s; one worker %.1f MB/s, measured on %.0f %% of the bytes: speed-up %.2f"):format(
    rate, rate_alone, 100 * part.bytes / census.bytes, rate / rate_alone))
end

-- Shows on stderr how far it is, from the second second on.
local function progress_line(total)
  local due, shown = tm.now() + 2, false
  return function(share)
    if share == 1 and shown then
      io.stderr:write("\r", (" "):rep(40), "\r")
    elseif tm.now() >= due then
      io.stderr:write(("\r%3.0f %% of %s bytes"):format(100 * share, with_commas(total)))
      due, shown = tm.now() + 0.5, true
    end
  end
end

local function main(dir, ...)
  if select("#", ...) > 0 or dir:find("^%-") then
    io.stderr:write("usage: header_census.lua [DIR]\n")
    os.exit(2)
  end
  local workers = tm.pool():stats().workers  -- as many as there are CPUs for us
  local started, skipped = tm.now(), {}
  local groups, total = find_headers(dir, workers, skipped)
  local census = take_census(groups, workers, progress_line(total))
  local elapsed = tm.now() - started

  table.move(census.skipped, 1, #census.skipped, #skipped + 1, skipped)
  for i = 1, math.min(#skipped, 5) do io.stderr:write("skipped ", skipped[i], "\n") end
  if #skipped > 5 then io.stderr:write(("skipped %d more\n"):format(#skipped - 5)) end
  for word in keywords:gmatch("%S+") do census.identifiers[word] = nil end
  print_totals(dir, census)
  if census.files == 0 then return print("\n  There are none.") end
  print_rankings(census)
  print_workers(census, workers)
  print(("\n  %.2f s in all, %.2f s of it reading and counting"):format(elapsed, census.seconds))
  if workers > 1 then print_speedup(groups, census) end
end

main(... or "/usr/include", select(2, ...))
