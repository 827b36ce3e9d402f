local tm, check = require "tidemill", require "_helper"

-- Three tasks of one state.
local tasks = {}
local function await_next(i)
  return pcall(tasks[i % 3 + 1].await, tasks[i % 3 + 1])
end
for i = 1, 3 do tasks[i] = tm.spawn(await_next, i) end
local errors = {}
for i = 1, 3 do
  local ok, err = tasks[i]:await()
  if ok then
    check.equal(err, i == 1 and true or err)
  else
    errors[#errors + 1] = err
  end
end
check.equal(#errors, 1)
check.equal(errors[1].kind, "deadlock")
for i = 1, 3 do
  check.truthy(errors[1].message:find(("task #%d %%([^\n]*%%) waits at [^\n]*:6 for the end of task #%d ")
    :format(tasks[i].id, tasks[i % 3 + 1].id)), errors[1].message)
end

-- Two jobs on different workers.
local pool <close> = tm.pool { workers = 2 }
local meet = tm.channel(2)
local function await_what_comes(mine)
  local other
  repeat other = meet:recv() if other == mine then meet:send(other) other = nil tm.yield() end until other
  return pcall(other.await, other)
end
local function job() return await_what_comes(tm.current()) end
local left, right = pool:submit(job), pool:submit(job)
meet:send(left)
meet:send(right)
local ok_left, err_left = left:await()
local ok_right, err_right = right:await()
check.truthy(ok_left ~= ok_right)
check.equal((ok_left and err_right or err_left).kind, "deadlock")
