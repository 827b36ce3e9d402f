R"lua(
-- The constructors of queues and pipes, which take options.
local tm, core = ...
local huge = math.huge

local function check_capacity(what, capacity)
  if capacity == huge then return huge end
  capacity = core.check_count(what .. ": capacity", capacity, 1)
  if capacity and capacity > 2 ^ 31 then
    core.fail("%s: capacity must be at most 2^31 or math.huge, not %d", what, capacity)
  end
  return capacity
end

local orders = { fifo = true, lifo = true, priority = true }
local queue_options = { capacity = "number", order = "string", name = "string" }

function tm.queue(options)
  options = core.check_options("tm.queue", options, queue_options)
  local order = options.order or "fifo"
  if not orders[order] then
    core.fail("tm.queue: order must be 'fifo', 'lifo' or 'priority', not '%s'", order)
  end
  return core.queue(check_capacity("tm.queue", options.capacity) or huge, order, options.name)
end

local pipe_options = { capacity = "number", duplex = "boolean", name = "string" }

function tm.pipe(options)
  options = core.check_options("tm.pipe", options, pipe_options)
  return core.pipe(check_capacity("tm.pipe", options.capacity) or 64, options.duplex ~= false, options.name)
end
)lua"
