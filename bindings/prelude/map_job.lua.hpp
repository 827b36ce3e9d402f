R"lua(
-- A map's job: one chunk, on a worker.
local tm, core = ...
local error, pcall, xpcall, traceback = error, pcall, xpcall, core.traceback
local unpack, now, own_interruption, chunks = core.unpack, tm.now, core.own_interruption, core.chunks
local step_next, begin, fail, finish = chunks.next, chunks.begin, chunks.fail, chunks.finish

local function run_items(chunk, step, fn)
  local more, item = step_next(chunk)
  while more do more, item = step(fn(item)) end
end

local function run(packed, chunk, seconds, go_on)
  local fn = unpack(packed)
  local step = begin(chunk, seconds)
  local trace
  local function note(problem)
    if not go_on then trace = traceback() end
    return core.without_our_line(problem, "'fn'", "the mapped function")
  end
  repeat
    local ok, err = xpcall(run_items, note, chunk, step, fn)
    if not ok then
      if own_interruption(err) then error(err, 0) end
      fail(chunk, err, go_on, trace)
    end
  until ok or not go_on
  finish(chunk)
  return true
end

-- The job. True, unless the map's time is over.
function tm._run_chunk(packed, chunk, seconds, go_on, deadline)
  if not deadline then return run(packed, chunk, seconds, go_on) end
  local left = deadline - now()
  if left <= 0 then return false end
  local ok, result = pcall(tm.timeout, left, run, packed, chunk, seconds, go_on)
  if ok then return result end
  if now() < deadline or own_interruption(result) then error(result, 0) end
  return false
end
)lua"
