R"lua(
-- Progress bars: the constructor, and the loop over what an iterator gives.
local tm, core = ...
local type, getmetatable, setmetatable = type, debug.getmetatable, setmetatable
local methods = core.progress_methods
local add = methods.add

function tm.progress(total, label)
  if total ~= nil then total = core.check_count("tm.progress: total", total, 0) end
  if label ~= nil and type(label) ~= "string" then
    core.fail("bad argument #2 to 'progress' (string expected, got %s)", type(label))
  end
  if label and label:find("\0", 1, true) then core.fail("tm.progress: a label must not contain a zero byte") end
  return core.progress(total, label or "")
end

-- Closes what the loop over the iterator would have closed, then the bar.
local Closing = {}
function Closing.__close(self)
  local _ <close> = self.bar
  local _ <close> = self.rest
end

local function list_source(list)
  local at = 0
  return function()
    at = at + 1
    return list[at]
  end
end

-- for ... in bar:wrap(list) or bar:wrap(iterator [, state, control, closing])
function methods.wrap(bar, iterate, state, control, closing)
  core.check_self("wrap", bar, methods, "progress bar")
  add(bar, 0)  -- raises if it is closed
  local meta = getmetatable(iterate)
  if type(iterate) == "table" and not (meta and meta.__call) then
    local _, total = bar:count()
    if not total then bar:total(#iterate) end
    iterate = list_source(iterate)
  elseif type(iterate) ~= "function" and not (meta and meta.__call) then
    core.fail("bad argument #1 to 'wrap' (list or iterator expected, got %s)", core.type_name(iterate))
  end
  -- An item is done when the next one is asked for.
  local under_way = false
  local function note(first, ...)
    under_way = first ~= nil
    return first, ...
  end
  local function next_item(of, last)
    if under_way then add(bar) end
    return note(iterate(of, last))
  end
  return next_item, state, control, setmetatable({ bar = bar, rest = closing }, Closing)
end
)lua"
