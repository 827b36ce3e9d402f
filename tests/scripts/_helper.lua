-- Assertions for script tests: local check = require "_helper". A failure names the test's line.

local check = {}

-- How often to repeat something: less where the code is instrumented.
local instrumented = package.cpath:find("build/[at]san/") ~= nil

function check.times(release, sanitized)
  return instrumented and sanitized or release
end

local function show(value, depth)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" or depth > 3 then return tostring(value) end
  local parts, sequence = {}, #value
  for index = 1, sequence do parts[index] = show(value[index], depth + 1) end
  local named = {}
  for key, item in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > sequence then
      local name = type(key) == "string" and key or "[" .. show(key, depth + 1) .. "]"
      named[#named + 1] = name .. " = " .. show(item, depth + 1)
    end
  end
  table.sort(named)
  table.move(named, 1, #named, #parts + 1, parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Equal by content, tables by their keys and values, however deep. `seen` holds the pairs that are
-- being compared, for cycles.
local function same(left, right, seen)
  if left == right or (left ~= left and right ~= right) then return true end
  if type(left) ~= "table" or type(right) ~= "table" then return false end
  if seen[left] == right then return true end
  seen[left] = right
  for key, value in pairs(left) do
    if not same(value, right[key], seen) then return false end
  end
  for key in pairs(right) do
    if left[key] == nil then return false end
  end
  return true
end

-- Level 3 is the caller of the check.
local function fail(what, text) error((what and what .. ": " or "") .. text, 3) end

function check.equal(actual, expected, what)
  if not same(actual, expected, {}) then
    fail(what, ("expected %s, got %s"):format(show(expected, 1), show(actual, 1)))
  end
end

function check.truthy(value, what)
  if not value then fail(what, "expected a true value, got " .. tostring(value)) end
  return value
end

-- Calls fn, which must raise an error whose text matches the pattern (if any); returns the error.
function check.raises(fn, pattern, what)
  local ok, problem = pcall(fn)
  if ok then fail(what, "expected an error, none was raised") end
  if pattern and not tostring(problem):find(pattern) then
    fail(what, ("expected an error like %q, got %q"):format(pattern, tostring(problem)))
  end
  return problem
end

return check
