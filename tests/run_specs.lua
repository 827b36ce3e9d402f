-- Runs the script tests (tests/scripts/**/*.lua, but not _*.lua) and the Lua in the documentation.
-- `./mill test` calls it from the repository root: lua5.4 tests/run_specs.lua CONFIG REPEAT FILTER
--
-- A script test holds one behaviour and is named after it. What is expected of it stands in the
-- comments at its top:
--   -- exit: N             exit code (default 0)
--   -- args: a b c         arguments of the script
--   -- stdin: text         a line of its input; repeatable (default: no input)
--   -- stdout: line        a line of its output; repeatable. With any, they must be all its output
--   -- stdout~ pattern     a Lua pattern found in its output; repeatable
--   -- stderr~ pattern     likewise for stderr; repeatable
--   -- stderr: empty       the default when the exit code is 0 and no `stderr~` is given
--   -- timeout: SECONDS    default 120; ten times as long under a sanitizer
--   -- shell: command      run by sh in place of the test itself, with $TIDEMILL and $SPEC set
--   -- repeat: N           run it N times (multiplied by --repeat)
--   -- only: CONFIG ...    skipped in other configurations
--
-- In README.md, engine/README.md and docs/*.md a block opened by ```lua is a script that must exit
-- with 0, one opened by ```lua error must exit with 1, one opened by ```lua fragment must compile.

local config, repeats, filter = arg[1] or "release", tonumber(arg[2] or 1), (arg[3] or ""):lower()
local binary = "build/" .. config .. "/bin/tidemill"
local slowdown = (config == "asan" or config == "tsan") and 10 or 1

local function read_file(name)
  local file = io.open(name, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function write_file(name, text)
  local file <close> = assert(io.open(name, "wb"))
  file:write(text)
end

local function lines_of(command)
  local pipe, found = assert(io.popen(command)), {}
  for line in pipe:lines() do found[#found + 1] = line end
  pipe:close()
  return found
end

local function quote(text)
  if text:find("^[%w_./:,+-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Jobs: what to run and what to expect of it -----------------------------------------------------

local function new_job(kind, name, script)
  return { kind = kind, name = name, script = script, exit = 0, timeout = 120, runs = 1,
           args = {}, stdin = {}, stdout_patterns = {}, stderr_patterns = {} }
end

local function count_of(value)
  return assert(tonumber(value:match("^%d+$")), "expected a number")
end

local function append(list, value)
  list[#list + 1] = value
end

local function append_pattern(list, value)
  assert(value ~= "" and pcall(string.find, "", value), "not a Lua pattern")
  append(list, value)
end

local directives = {
  ["exit:"] = function(job, value) job.exit = count_of(value) end,
  ["timeout:"] = function(job, value) job.timeout = count_of(value) end,
  ["repeat:"] = function(job, value) job.runs = count_of(value) end,
  ["args:"] = function(job, value) value:gsub("%S+", function(word) append(job.args, word) end) end,
  ["stdin:"] = function(job, value) append(job.stdin, value) end,
  ["stdout:"] = function(job, value) job.stdout = (job.stdout or "") .. value .. "\n" end,
  ["stdout~"] = function(job, value) append_pattern(job.stdout_patterns, value) end,
  ["stderr~"] = function(job, value) append_pattern(job.stderr_patterns, value) end,
  ["stderr:"] = function(job, value)
    job.stderr_empty = assert(value == "empty", "only `-- stderr: empty` is known")
  end,
  ["shell:"] = function(job, value) job.shell = value end,
  ["only:"] = function(job, value)
    job.skipped = not (" " .. value .. " "):find(" " .. config .. " ", 1, true)
  end,
}

local function read_spec(name)
  local job, leading, number = new_job("specs", name, name), true, 0
  for line in io.lines(name) do
    number = number + 1
    local word, value = line:match("^%-%- (%l+[:~]) ?(.*)$")
    leading = leading and (line:find("^%s*$") or line:find("^%-%-") or line:find("^#!"))
      and not line:find("^%-%-%[=*%[")
    local apply, ok, why = directives[word], true, nil
    if word and leading then
      if apply then
        ok, why = pcall(apply, job, value)
      else
        ok, why = false, "unknown directive"
      end
    elseif apply then
      ok, why = false, "a directive below the first statement"
    end
    if not ok then
      job.problem = ("%s:%d: %s: %s"):format(name, number, line, (why:gsub("^%S+:%d+: ", "")))
      break
    end
  end
  if #job.stderr_patterns == 0 and job.exit == 0 then job.stderr_empty = true end
  return job
end

local function block_job(name, first_line, mode, text)
  local script = ("build/%s/docs/%s.%d.lua"):format(config, name:gsub("/", "."), first_line - 1)
  local job = new_job("docs", ("%s:%d"):format(name, first_line - 1), script)
  text = ("\n"):rep(first_line - 1) .. text  -- an error names the line of the document
  if mode == "fragment" then
    local chunk, why = load(text, "@" .. name, "t")
    job.problem, job.done = not chunk and not load("return " .. text) and why or nil, true
  elseif mode == "error" or mode == "" then
    job.exit = mode == "error" and 1 or 0
    write_file(script, text)
  else
    job.problem = "expected ```lua, ```lua error or ```lua fragment, and a closing ```"
  end
  return job
end

local function read_blocks(name, add)
  local number, first_line, language, mode, block = 0, nil, nil, nil, nil
  for line in io.lines(name) do
    number = number + 1
    local info = line:match("^%s*```(.*)$")
    if info and first_line then
      local text = table.concat(block, "\n")
      if language == "lua" then add(block_job(name, first_line, mode, text)) end
      first_line = nil
    elseif info then
      first_line, block = number + 1, {}
      language, mode = info:match("^(%S*)%s*(.-)%s*$")
    elseif first_line then
      block[#block + 1] = line
    end
  end
  if first_line and language == "lua" then add(block_job(name, first_line, "unclosed", "")) end
end

-- The line that runs a job, and that a person can paste to run it again.
local function command_of(job)
  local words = {}
  for _, name in ipairs { "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS" } do
    local value = slowdown > 1 and os.getenv(name)
    if value then append(words, name .. "=" .. quote(value)) end
  end
  append(words, "LUA_PATH='tests/scripts/?.lua;;'")
  append(words, "LUA_CPATH='build/" .. config .. "/lib/?.so;;'")
  if job.shell then append(words, ("TIDEMILL=%s SPEC=%s"):format(binary, quote(job.script))) end
  append(words, ("timeout -v -k 5 %d"):format(job.timeout * slowdown))
  append(words, job.shell and "sh -c " .. quote(job.shell) or binary .. " " .. quote(job.script))
  for _, word in ipairs(job.shell and {} or job.args) do append(words, quote(word)) end
  if #job.stdin == 0 then return table.concat(words, " ") .. " </dev/null" end
  local input = {}
  for _, line in ipairs(job.stdin) do append(input, quote(line)) end
  return "printf '%s\\n' " .. table.concat(input, " ") .. " | " .. table.concat(words, " ")
end

-- Results ---------------------------------------------------------------------------------------

local function show(line)
  return line and ("%q"):format(line):gsub("\\\n", "\\n") or "no more"
end

-- Says where two unequal texts part; each line keeps its end, so that a missing one shows.
local function first_difference(expected, actual)
  local next_expected, next_actual = expected:gmatch("[^\n]*\n"), actual:gmatch("[^\n]*\n?")
  for number = 1, math.huge do
    local want, got = next_expected(), next_actual()
    if got == "" then got = nil end
    if want ~= got then
      return ("stdout line %d: expected %s, got %s"):format(number, show(want), show(got))
    end
  end
end

local function differences(job, base)
  local out, err = read_file(base .. ".out") or "", read_file(base .. ".err") or ""
  local status, found = tonumber(read_file(base .. ".status")), {}
  local function add(...) found[#found + 1] = string.format(...) end
  if not status then
    add("it was not run to its end")
  elseif ("\n" .. err):find("\ntimeout: sending signal", 1, true) then
    add("it hung and was stopped after %d s", job.timeout * slowdown)
  else
    if status ~= job.exit then add("exit code: expected %d, got %d", job.exit, status) end
    if job.stdout and out ~= job.stdout then add("%s", first_difference(job.stdout, out)) end
    for _, wanted in ipairs(job.stdout_patterns) do
      if not out:find(wanted) then add("stdout: nothing matches %s", wanted) end
    end
    for _, wanted in ipairs(job.stderr_patterns) do
      if not err:find(wanted) then add("stderr: nothing matches %s", wanted) end
    end
    if job.stderr_empty and err ~= "" then add("stderr: expected nothing") end
    if err:find(": %a+Sanitizer: ") or err:find(":%d+:%d+: runtime error: ") then
      add("a sanitizer report")
    end
  end
  return found, out, err
end

local function show_tail(title, text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do append(lines, line) end
  if #lines == 0 then return end
  local from = math.max(1, #lines - 29)
  print(("  --- %s%s"):format(title, from > 1 and ", its last 30 lines" or ""))
  for index = from, #lines do print("  " .. lines[index]) end
end

-- Main ------------------------------------------------------------------------------------------

if not io.open(binary) then error(binary .. " is not built; ./mill build " .. config) end
os.execute(("rm -rf build/%s/docs && mkdir -p build/%s/docs"):format(config, config))

local jobs = {}
local function add(job)
  if filter == "" or job.name:lower():find(filter, 1, true) then jobs[#jobs + 1] = job end
end
for _, name in ipairs(lines_of("find tests/scripts -name '*.lua' ! -name '_*' | LC_ALL=C sort")) do
  add(read_spec(name))
end
for _, name in ipairs(lines_of("ls README.md engine/README.md docs/*.md 2>/dev/null")) do
  read_blocks(name, add)
end

local folder = lines_of("mktemp -d")[1]
local queue, run_of = {}, {}
for _, job in ipairs(jobs) do
  job.runs = job.kind == "specs" and job.runs * repeats or 1
  for run = 1, (job.problem or job.done or job.skipped) and 0 or job.runs do
    local id = #queue + 1
    local base = folder .. "/" .. id
    queue[id], run_of[id] = tostring(id), { job = job, run = run, base = base }
    write_file(base .. ".sh", ("%s >%s.out 2>>%s.err\necho $? >%s.status\n"):format(
      command_of(job), base, base, base))
  end
end
write_file(folder .. "/queue", table.concat(queue, "\n"))

local function report(job, run, problems, out, err)
  if job.failed then return end  -- its first failing run is enough
  job.failed = true
  local which = run and job.runs > 1 and (" (run %d of %d)"):format(run, job.runs) or ""
  print("FAIL " .. job.name .. which)
  for _, problem in ipairs(problems) do print("  " .. problem) end
  if run then
    show_tail("stdout", out)
    show_tail("stderr", err)
    print("  rerun: " .. command_of(job))
  end
  io.stdout:flush()
end

for _, job in ipairs(jobs) do
  if job.problem then report(job, nil, { job.problem }) end
end
-- The tests run side by side, but do not fill a large machine: each uses several cores itself.
local width = math.max(2, math.min(8, tonumber(lines_of("nproc")[1]) or 2))
local run_one = "sh $0/{}.sh 2>>$0/{}.err; echo {}"
local done = io.popen(("xargs -r -P %d -I{} sh -c '%s' %s <%s/queue"):format(
  width, run_one, folder, folder))
for id in done:lines() do
  local this = run_of[tonumber(id)]
  this.finished = true
  local problems, out, err = differences(this.job, this.base)
  if #problems > 0 then report(this.job, this.run, problems, out, err) end
end
done:close()
for _, this in ipairs(run_of) do
  if not this.finished then report(this.job, this.run, { "it was not run" }, "", "") end
end
os.execute("rm -rf " .. quote(folder))

local count, failed = { specs = { 0, 0, 0 }, docs = { 0, 0, 0 } }, {}
for _, job in ipairs(jobs) do
  local slot = job.failed and 2 or job.skipped and 3 or 1
  count[job.kind][slot] = count[job.kind][slot] + 1
  if job.failed then failed[#failed + 1] = "  " .. job.name end
end
if #failed > 0 then print("failed:\n" .. table.concat(failed, "\n")) end
for _, kind in ipairs { "specs", "docs" } do
  print(("[%s] %d passed | %d failed | %d skipped"):format(kind, table.unpack(count[kind])))
end
os.exit(#failed == 0)
